//go:build linux

package main

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"net/http"
	"net/netip"
	"runtime"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/exeunt/exeunt/bench/servers"
)

// floor is what no server can be below: it encrypts and sends, and does nothing else.
type floor struct {
	*servers.Process
	url string

	mu    sync.Mutex
	ports []uint16
}

func startFloor(ctx context.Context, _ options) (service, error) {
	port, err := servers.FreePort()
	if err != nil {
		return nil, err
	}
	address := fmt.Sprintf("127.0.0.1:%d", port)
	process, err := launchSelf("-be=floor", "-address="+address)
	if err != nil {
		return nil, err
	}
	f := &floor{Process: process, url: "http://" + address}
	if err := servers.Answers(ctx, process, f.url); err != nil {
		process.Stop()
		return nil, err
	}
	return f, nil
}

// enter notes where a listener is; a speaker has nothing to do here.
func (f *floor) enter(_ context.Context, m *member) error {
	if !m.listens {
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.ports = append(f.ports, m.port.address.Port())
	return nil
}

func (f *floor) debug() string { return "" }

// play makes the floor send what the speaker of a scenario would have it send.
func (f *floor) play(ctx context.Context, s scenario) error {
	body, err := json.Marshal(errand{Ports: f.ports, Rate: s.rate, Burst: s.burst, Size: s.size})
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, f.url+"/play", bytes.NewReader(body))
	if err != nil {
		return err
	}
	_, err = servers.Post(request)
	return err
}

// errand is what the floor is to send, and to which ports.
type errand struct {
	Ports       []uint16
	Rate        float64
	Burst, Size int
}

// beFloor serves until the process is ended.
func beFloor(address string) error {
	http.HandleFunc("POST /play", func(w http.ResponseWriter, r *http.Request) {
		var e errand
		if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<20)).Decode(&e); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		s, err := newSealer(e)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		go s.run()
	})
	return http.ListenAndServe(address, nil)
}

// The layout of a packet: an RTP header with one extension, and the tag of AES-GCM (RFC 7714).
const (
	headerSize = 20
	gcmTag     = 16
	// messagesMax is how many messages one call of the kernel takes.
	messagesMax = 32
)

// sealer encrypts and sends.
type sealer struct {
	errand
	plain []byte
	// slab holds the encrypted packets of one call of the kernel.
	slab   []byte
	used   int
	outbox *outbox
	to     []*listener
}

// listener is one who gets the stream.
type listener struct {
	address *unix.RawSockaddrInet4
	aead    cipher.AEAD
	// nonce stands in memory that lasts: one on the stack would be copied to the heap for each packet.
	nonce  [12]byte
	number uint16
}

func newSealer(e errand) (*sealer, error) {
	port, err := openPort(nil, plainly, loopback)
	if err != nil {
		return nil, err
	}
	s := &sealer{
		errand: e, plain: filler(e.Size), outbox: newOutbox(port.fd, messagesMax),
		slab: make([]byte, messagesMax*e.Burst*(e.Size+gcmTag)),
	}
	s.plain[0], s.plain[1] = 0x90, 96
	for _, port := range e.Ports {
		aead, err := newAEAD(port)
		if err != nil {
			return nil, err
		}
		to := netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), port)
		s.to = append(s.to, &listener{address: rawAddress(to), aead: aead})
	}
	return s, nil
}

// newAEAD gives every listener a key of its own, made of its port.
func newAEAD(port uint16) (cipher.AEAD, error) {
	key := make([]byte, 16)
	binary.BigEndian.PutUint16(key, port)
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

func (s *sealer) run() {
	runtime.LockOSThread()
	gap := time.Duration(float64(time.Second) / s.Rate)
	begin := time.Now()
	for n := 0; ; n++ {
		if wait := time.Until(begin.Add(time.Duration(n) * gap)); wait > 0 {
			pause := unix.NsecToTimespec(int64(wait))
			_ = unix.Nanosleep(&pause, nil)
		}
		s.burst()
	}
}

// burst sends the packets of one burst to everybody.
func (s *sealer) burst() {
	for _, l := range s.to {
		begin := s.used
		for range s.Burst {
			s.seal(l)
		}
		segment := 0
		if s.Burst > 1 {
			segment = s.Size + gcmTag
		}
		s.outbox.add(l.address, s.slab[begin:s.used], segment)
		if s.outbox.full() {
			s.flush()
		}
	}
	s.flush()
}

func (s *sealer) flush() {
	s.outbox.flush()
	s.used = 0
}

// seal puts the next packet of a listener behind those that wait.
func (s *sealer) seal(l *listener) {
	packet := s.slab[s.used : s.used+s.Size+gcmTag]
	copy(packet, s.plain[:headerSize])
	binary.BigEndian.PutUint16(packet[2:], l.number)
	binary.BigEndian.PutUint16(l.nonce[10:], l.number)
	l.aead.Seal(packet[headerSize:headerSize], l.nonce[:], s.plain[headerSize:], packet[:headerSize])
	l.number++
	s.used += len(packet)
}
