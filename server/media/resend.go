package media

import (
	"encoding/binary"
	"sync/atomic"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
)

// historySize is how many packets a line keeps to send again: two seconds of a picture at a megabit and a half. It is a
// power of two, so that sequence numbers fill it evenly.
const historySize = 512

// history keeps the latest packets of a line, one copy for all listeners.
type history struct {
	packets [historySize]atomic.Pointer[rtp.Packet]
}

func (h *history) put(p *rtp.Packet) { h.packets[p.SequenceNumber%historySize].Store(p) }

// get returns the packet with a sequence number; nil when it is not there any more.
func (h *history) get(seq uint16) *rtp.Packet {
	if p := h.packets[seq%historySize].Load(); p != nil && p.SequenceNumber == seq {
		return p
	}
	return nil
}

// listen reads what the listener reports, until the transport closes.
func (s *slot) listen(sender *webrtc.RTPSender) {
	buffer := make([]byte, receiveMax)
	for {
		n, _, err := sender.Read(buffer)
		if err != nil {
			return
		}
		packets, err := rtcp.Unmarshal(buffer[:n])
		if err != nil {
			continue
		}
		for _, p := range packets {
			s.hear(p)
		}
	}
}

// hear acts on one report.
func (s *slot) hear(p rtcp.Packet) {
	switch p := p.(type) {
	case *rtcp.PictureLossIndication, *rtcp.FullIntraRequest:
		s.mu.Lock()
		f := s.current
		s.mu.Unlock()
		if f != nil {
			f.line.keyframes.ask()
		}
	case *rtcp.TransportLayerNack:
		for _, pair := range p.Nacks {
			pair.Range(func(seq uint16) bool {
				s.resend(seq)
				return true
			})
		}
	}
}

// resendEvery is how soon the same packet is sent again at most, in milliseconds: a listener that asks faster than any
// round trip must not make us send without end.
const resendEvery = 15

// resend sends a lost packet again: as RTX when that was negotiated (RFC 4588), else as it was. A packet that is sent
// as it was has the same bytes and so the same nonce and the same text, which reveals nothing (RFC 7714 §8.1).
func (s *slot) resend(seq uint16) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.current
	if f == nil || !f.begun {
		return
	}
	p := f.line.recent.get(seq - f.seqOffset)
	if p == nil || f.payloads[p.PayloadType&127] == 0 || !s.due(p) {
		return
	}
	if f.newest+int64(int16(p.SequenceNumber-uint16(f.newest))) < f.first {
		return
	}
	s.prepare(f, p, f.payloads[p.PayloadType&127])
	rtx := s.out.rtx[s.out.header.PayloadType]
	if rtx == 0 || s.out.rtxSSRC == 0 {
		s.session.wire.retransmit(s.out.ssrc, &s.out.header, p.Payload)
		return
	}
	payload := binary.BigEndian.AppendUint16(make([]byte, 0, 2+len(p.Payload)), s.out.header.SequenceNumber)
	s.out.rtxSeq++
	s.out.header.PayloadType, s.out.header.SSRC, s.out.header.SequenceNumber = rtx, s.out.rtxSSRC, s.out.rtxSeq
	s.session.wire.retransmit(s.out.ssrc, &s.out.header, append(payload, p.Payload...))
}

// due says whether a packet may be sent again already, and notes it.
func (s *slot) due(p *rtp.Packet) bool {
	if s.out.resentAt == nil {
		s.out.resentAt = &[historySize]int64{}
	}
	place := &s.out.resentAt[p.SequenceNumber%historySize]
	now := time.Now().UnixMilli()
	if now-*place < resendEvery {
		return false
	}
	*place = now
	return true
}
