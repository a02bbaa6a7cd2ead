//go:build linux

package main

import (
	"encoding/binary"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// A sender's burst that the kernel does not cut is counted packet by packet.
func TestCoalescedDatagramsAreCountedOneByOne(t *testing.T) {
	p := &poller{inbox: newInbox(4, coalescedMax), kind: coalescing}
	to, err := openPort(nil, coalescing, loopback)
	if err != nil {
		t.Fatal(err)
	}
	from, err := openPort(nil, plainly, loopback)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = unix.Close(to.fd), unix.Close(from.fd) })
	const size, count = 1200, 40
	burst := make([]byte, size*count)
	for i := range count {
		packet := burst[i*size:]
		packet[0], packet[1] = 0x80, 96
		binary.BigEndian.PutUint16(packet[2:], uint16(i))
	}
	out := newOutbox(from.fd, 1)
	out.add(rawAddress(to.address), burst, size)
	out.flush()
	deadline := time.Now().Add(5 * time.Second)
	for to.packets.Load() < count && time.Now().Before(deadline) {
		p.drain(to)
	}
	if to.packets.Load() != count || to.missing.Load() != 0 || to.first.Load() == 0 {
		t.Errorf("%d packets, %d missing, first at %d", to.packets.Load(), to.missing.Load(), to.first.Load())
	}
}

func TestAnAnsweredCheckIsNoticedAndHandedOn(t *testing.T) {
	p := &poller{inbox: newInbox(4, datagramMax)}
	one := &port{in: make(chan datagram, 4), answered: make(chan struct{})}
	request, answer := make([]byte, stunSize), make([]byte, stunSize)
	request[1], answer[0], answer[1] = 1, 1, 1
	p.sort(one, request, arrivedFrom{})
	select {
	case <-one.answered:
		t.Error("a question was taken for an answer")
	default:
	}
	p.sort(one, answer, arrivedFrom{})
	p.sort(one, answer, arrivedFrom{})
	select {
	case <-one.answered:
	default:
		t.Error("an answer was not noticed")
	}
	if len(one.in) != 3 {
		t.Errorf("%d datagrams were handed on; want 3", len(one.in))
	}
}
