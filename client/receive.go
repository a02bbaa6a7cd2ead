package client

import (
	"context"
	"io"
	"maps"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"github.com/exeunt/exeunt/server/wire"
)

// inletMax is how many packets of a stream wait to be read; then the oldest give way. It is a second of a picture.
const inletMax = 256

// Inlet is where a stream of somebody else comes out.
type Inlet struct {
	packets        chan *rtp.Packet
	sink           func(*rtp.Packet)
	count, octets  atomic.Uint64
	ended          chan struct{}
	once           sync.Once
	requestPicture atomic.Pointer[func()]
}

// Receive returns where a stream of a user comes out, whether it arrives already or not. It ends when the user or the
// stream goes; a later stream of the same user is a new one.
func (c *Client) Receive(user string, stream Stream) *Inlet {
	if c.peer == nil {
		none := newInlet()
		none.end()
		return none
	}
	c.peer.mu.Lock()
	defer c.peer.mu.Unlock()
	return c.peer.inlet(source{user, stream})
}

func newInlet() *Inlet {
	return &Inlet{packets: make(chan *rtp.Packet, inletMax), ended: make(chan struct{})}
}

// ReadRTP waits for the next packet. It returns io.EOF when the stream has ended.
func (i *Inlet) ReadRTP(ctx context.Context) (*rtp.Packet, error) {
	select {
	case p := <-i.packets:
		return p, nil
	default:
	}
	select {
	case p := <-i.packets:
		return p, nil
	case <-i.ended:
		return nil, io.EOF
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Received counts the packets that came, read or not, and the bytes of their payloads.
func (i *Inlet) Received() (packets, octets uint64) { return i.count.Load(), i.octets.Load() }

// AskForKeyFrame tells the publisher that the picture cannot be decoded. Before the first packet it does nothing.
func (i *Inlet) AskForKeyFrame() {
	if ask := i.requestPicture.Load(); ask != nil {
		(*ask)()
	}
}

func (i *Inlet) put(p *rtp.Packet) {
	i.count.Add(1)
	i.octets.Add(uint64(len(p.Payload)))
	if i.sink != nil {
		i.sink(p)
		return
	}
	for {
		select {
		case i.packets <- p:
			return
		default:
		}
		select {
		case <-i.packets:
		default:
		}
	}
}

func (i *Inlet) end() { i.once.Do(func() { close(i.ended) }) }

// inlet finds or makes an inlet; the caller holds mu.
func (p *peer) inlet(of source) *Inlet {
	i := p.inlets[of]
	if i == nil {
		i = newInlet()
		if p.sink != nil {
			i.sink = p.sink(of.user, of.stream)
		}
		p.inlets[of] = i
	}
	return i
}

// bind says that a receive line carries a stream from now on, and so no other line does.
func (p *peer) bind(mid string, to source) {
	p.mu.Lock()
	defer p.mu.Unlock()
	maps.DeleteFunc(p.bound, func(_ string, s source) bool { return s == to })
	p.bound[mid] = to
	p.inlet(to)
}

// unbind frees a receive line and says what it carried.
func (p *peer) unbind(mid string) (source, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	was, ok := p.bound[mid]
	delete(p.bound, mid)
	return was, ok
}

// unbindAll frees the receive lines of streams that are no more, and ends their inlets.
func (p *peer) unbindAll(gone func(source) bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for mid, s := range p.bound {
		if gone(s) {
			delete(p.bound, mid)
		}
	}
	for s, inlet := range p.inlets {
		if gone(s) {
			inlet.end()
			delete(p.inlets, s)
		}
	}
}

// carries says what a line carries; nobody's nothing while it is free.
func (p *peer) carries(mid string) source {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.bound[mid]
}

// boundLines are the receive lines in use.
func (p *peer) boundLines() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Sorted(maps.Keys(p.bound))
}

// follow frees the lines of streams that a frame ends.
func (p *peer) follow(frame *wire.ServerFrame) {
	if l := frame.GetMemberLeft(); l != nil {
		p.unbindAll(func(s source) bool { return s.user == l.GetUserId() })
	}
	if s := frame.GetStreamChanged(); s != nil && !s.GetPublished() {
		of := source{s.GetUserId(), Stream(s.GetStream())}
		p.unbindAll(func(other source) bool { return other == of })
	}
}

// carried returns the inlet for what a line carries now; nil while it carries nothing.
func (p *peer) carried(mid string) *Inlet {
	p.mu.Lock()
	defer p.mu.Unlock()
	if s, ok := p.bound[mid]; ok {
		return p.inlet(s)
	}
	return nil
}

// receive reads a line until the transport closes: Pion calls it in a goroutine of its own.
func (p *peer) receive(pc *webrtc.PeerConnection, mid string, track *webrtc.TrackRemote) {
	ask := func() {
		_ = pc.WriteRTCP([]rtcp.Packet{&rtcp.PictureLossIndication{MediaSSRC: uint32(track.SSRC())}})
	}
	for {
		packet, _, err := track.ReadRTP()
		if err != nil {
			return
		}
		// Media is faster than signalling at times. A packet that comes before the frame that says whose it is may be
		// anybody's, so it is nobody's.
		if inlet := p.carried(mid); inlet != nil {
			inlet.requestPicture.Store(&ask)
			inlet.put(packet)
		}
	}
}
