package client

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/rtp/codecs"
	"github.com/pion/webrtc/v4"

	"github.com/exeunt/exeunt/server/wire"
)

// The codecs that a client sends: Opus sound, VP8 pictures.
var (
	opus = webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeOpus, ClockRate: 48000, Channels: 2}
	vp8  = webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8, ClockRate: 90000}
)

// packetMax is the longest RTP packet that is sent, in bytes; with SRTP, UDP and IP it fits any path of the internet.
const packetMax = 1200

// senders are the three send lines.
type senders struct {
	outlets map[Stream]*Outlet
	// published says what was announced last, and how: a new connection hears it again.
	published map[Stream]*wire.Publish
}

// sendLines are the streams in the order in which the offer has them.
var sendLines = []Stream{Audio, Big, Sub}

// Outlet is where a stream of one's own goes in. Packets of a stream that is not published are dropped.
type Outlet struct {
	client *Client
	stream Stream
	track  *webrtc.TrackLocalStaticRTP
	wishes chan struct{}
	// sender is the line of the present peer connection; the peer's mu guards it.
	sender *webrtc.RTPSender

	mu      sync.Mutex
	packets rtp.Packetizer
	clock   uint32
}

func (p *peer) makeOutlets() error {
	p.outlets, p.published = map[Stream]*Outlet{}, map[Stream]*wire.Publish{}
	for _, stream := range sendLines {
		codec, payloader := vp8, rtp.Payloader(&codecs.VP8Payloader{})
		if stream == Audio {
			codec, payloader = opus, &codecs.OpusPayloader{}
		}
		track, err := webrtc.NewTrackLocalStaticRTP(codec, stream.String(), "exeunt")
		if err != nil {
			return fmt.Errorf("make the %v track: %w", stream, err)
		}
		// The track sets payload type and SSRC.
		packets := rtp.NewPacketizer(packetMax, 0, 0, payloader, rtp.NewRandomSequencer(), codec.ClockRate)
		p.outlets[stream] = &Outlet{
			client: p.client, stream: stream, track: track, clock: codec.ClockRate, packets: packets,
			wishes: make(chan struct{}, 1),
		}
	}
	return nil
}

// addSenders gives a new peer connection the send lines; the caller holds mu.
func (p *peer) addSenders(pc *webrtc.PeerConnection) error {
	init := webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly}
	for _, stream := range sendLines {
		outlet := p.outlets[stream]
		transceiver, err := pc.AddTransceiverFromTrack(outlet.track, init)
		if err != nil {
			return fmt.Errorf("add the %v line: %w", stream, err)
		}
		sender := transceiver.Sender()
		outlet.sender = sender
		p.loops.Go(func() { outlet.listen(sender) })
	}
	return nil
}

// Publish announces a stream and returns where it goes in. Publishing a published stream again changes nothing, but
// takes back a mute.
func (c *Client) Publish(ctx context.Context, stream Stream) (*Outlet, error) {
	return c.publish(ctx, &wire.Publish{Stream: wire.Stream(stream)})
}

// PublishMuted announces a stream that is there but says nothing, or mutes one that was published.
func (c *Client) PublishMuted(ctx context.Context, stream Stream) (*Outlet, error) {
	return c.publish(ctx, &wire.Publish{Stream: wire.Stream(stream), Muted: true})
}

func (c *Client) publish(ctx context.Context, p *wire.Publish) (*Outlet, error) {
	if c.peer == nil {
		return nil, fmt.Errorf("publish: this client entered without media")
	}
	outlet := c.peer.outlets[Stream(p.GetStream())]
	if outlet == nil {
		return nil, fmt.Errorf("publish: there is no %v", Stream(p.GetStream()))
	}
	c.peer.mu.Lock()
	for _, t := range c.peer.pc.GetTransceivers() {
		if t.Sender() == outlet.sender {
			p.Mid = t.Mid()
		}
	}
	c.peer.published[outlet.stream] = p
	c.peer.mu.Unlock()
	return outlet, c.say(ctx, &wire.ClientFrame{Frame: &wire.ClientFrame_Publish{Publish: p}})
}

// Unpublish ends a stream.
func (c *Client) Unpublish(ctx context.Context, stream Stream) error {
	if c.peer != nil {
		c.peer.mu.Lock()
		delete(c.peer.published, stream)
		c.peer.mu.Unlock()
	}
	end := &wire.Unpublish{Stream: wire.Stream(stream)}
	return c.say(ctx, &wire.ClientFrame{Frame: &wire.ClientFrame_Unpublish{Unpublish: end}})
}

// WriteRTP sends one packet. Payload type and SSRC are set on the way; the packet is not kept. Before the transport is
// connected it is dropped.
func (o *Outlet) WriteRTP(packet *rtp.Packet) error {
	if err := o.track.WriteRTP(packet); err != nil {
		return fmt.Errorf("send %v: %w", o.stream, err)
	}
	return nil
}

// WriteFrame sends one encoded frame (an Opus packet, or a VP8 frame) that lasts d.
func (o *Outlet) WriteFrame(frame []byte, d time.Duration) error {
	return o.write(o.packetize(frame, d))
}

// WriteVoice sends one Opus packet that lasts d and says how loud it is: 0 for as loud as can be, 127 for silence, in
// decibels below the loudest (RFC 6464). By that the server chooses whom listeners hear who have fewer slots than there
// are voices; WriteFrame counts as a quiet speaker.
func (o *Outlet) WriteVoice(frame []byte, level uint8, d time.Duration) error {
	packets := o.packetize(frame, d)
	id := o.levelID()
	for _, packet := range packets {
		if id == 0 {
			break
		}
		if err := packet.SetExtension(id, []byte{min(level, levelSilent)}); err != nil {
			return fmt.Errorf("say how loud a voice is: %w", err)
		}
	}
	return o.write(packets)
}

// levelURI is the header extension for levels, and levelSilent the level of silence (RFC 6464 §3 and §4).
const (
	levelURI          = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
	levelSilent uint8 = 127
)

// levelID is the number of the header extension for levels; 0 if it has none.
func (o *Outlet) levelID() uint8 {
	o.client.peer.mu.Lock()
	defer o.client.peer.mu.Unlock()
	for _, extension := range o.sender.GetParameters().HeaderExtensions {
		if extension.URI == levelURI {
			return uint8(extension.ID)
		}
	}
	return 0
}

func (o *Outlet) packetize(frame []byte, d time.Duration) []*rtp.Packet {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.packets.Packetize(frame, uint32(d.Seconds()*float64(o.clock)))
}

func (o *Outlet) write(packets []*rtp.Packet) error {
	for _, packet := range packets {
		if err := o.WriteRTP(packet); err != nil {
			return err
		}
	}
	return nil
}

// KeyFrameWishes tells when somebody cannot decode the picture without a new key frame. Wishes that nobody reads are
// one.
func (o *Outlet) KeyFrameWishes() <-chan struct{} { return o.wishes }

// listen reads what the server reports; retransmission depends on it.
func (o *Outlet) listen(sender *webrtc.RTPSender) {
	buffer := make([]byte, packetMax)
	for {
		n, _, err := sender.Read(buffer)
		if err != nil {
			return
		}
		packets, err := rtcp.Unmarshal(buffer[:n])
		if err != nil {
			continue
		}
		for _, packet := range packets {
			if _, ok := packet.(*rtcp.PictureLossIndication); ok {
				select {
				case o.wishes <- struct{}{}:
				default:
				}
			}
		}
	}
}
