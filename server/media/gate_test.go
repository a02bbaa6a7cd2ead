package media

import (
	"testing"
	"testing/synctest"

	"github.com/pion/interceptor"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
)

// M2: shutting waits for the packet under way; after it, no packet, no retransmission and no report is written.
func TestM2_GateWaitsForThePacketUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g gate
		w := wire{gate: &g}
		written := 0
		release := make(chan struct{})
		rtpOut := w.BindLocalStream(&interceptor.StreamInfo{SSRC: 7}, interceptor.RTPWriterFunc(
			func(*rtp.Header, []byte, interceptor.Attributes) (int, error) {
				written++
				<-release
				return 1, nil
			}))
		rtcpOut := w.BindRTCPWriter(interceptor.RTCPWriterFunc(
			func([]rtcp.Packet, interceptor.Attributes) (int, error) {
				written++
				return 1, nil
			}))
		go func() { _, _ = rtpOut.Write(&rtp.Header{}, nil, nil) }()
		synctest.Wait()
		shut := false
		go func() {
			g.shut()
			shut = true
		}()
		synctest.Wait()
		if written != 1 || shut {
			t.Fatalf("%d packets under way, shut %v; want 1 and not yet", written, shut)
		}
		if g.enter() {
			t.Fatal("a packet passed a gate that is about to shut")
		}
		close(release)
		synctest.Wait()
		if !shut {
			t.Fatal("the gate does not shut")
		}
		_, _ = rtpOut.Write(&rtp.Header{}, nil, nil)
		_, _ = rtcpOut.Write(nil, nil)
		w.retransmit(7, &rtp.Header{}, nil)
		if written != 1 {
			t.Errorf("%d packets were written; want no more than the first", written)
		}
	})
}
