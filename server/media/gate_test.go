package media

import (
	"runtime"
	"sync/atomic"
	"testing"

	"github.com/pion/interceptor"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
)

// M2: shutting waits for the packet under way; after it, no packet, no retransmission and no report is written.
func TestM2_GateWaitsForThePacketUnderWay(t *testing.T) {
	var g gate
	var written atomic.Int32
	w := wire{gate: &g}
	underWay, release, passed, shut := make(chan struct{}), make(chan struct{}), make(chan struct{}), make(chan struct{})
	rtpOut := w.BindLocalStream(&interceptor.StreamInfo{SSRC: 7}, interceptor.RTPWriterFunc(
		func(*rtp.Header, []byte, interceptor.Attributes) (int, error) {
			close(underWay)
			<-release
			written.Add(1)
			return 1, nil
		}))
	rtcpOut := w.BindRTCPWriter(interceptor.RTCPWriterFunc(
		func([]rtcp.Packet, interceptor.Attributes) (int, error) {
			written.Add(1)
			return 1, nil
		}))
	go func() {
		_, _ = rtpOut.Write(&rtp.Header{}, nil, nil)
		close(passed)
	}()
	wait(t, underWay, "packet to be under way")
	go func() {
		g.shut()
		if written.Load() != 1 {
			t.Error("the gate is shut while a packet is under way")
		}
		close(shut)
	}()
	for g.enter() {
		g.leave()
		runtime.Gosched()
	}
	close(release)
	wait(t, passed, "packet to pass")
	wait(t, shut, "gate to shut")
	_, _ = rtpOut.Write(&rtp.Header{}, nil, nil)
	_, _ = rtcpOut.Write(nil, nil)
	w.retransmit(7, &rtp.Header{}, nil)
	if n := written.Load(); n != 1 {
		t.Errorf("%d packets were written; want no more than the first", n)
	}
}
