package signal

import (
	"math"
	"testing"
	"testing/synctest"
	"time"

	"github.com/exeunt/exeunt/server/exit"
	"github.com/exeunt/exeunt/server/room"
	"github.com/exeunt/exeunt/server/wire"
)

func beat(b *wire.Heartbeat) *wire.ClientFrame {
	return &wire.ClientFrame{Frame: &wire.ClientFrame_Heartbeat{Heartbeat: b}}
}

// TestA3_NobodyPromisesToBeSilentForEver: a page may announce slow timers, by a minute and no more.
func TestA3_NobodyPromisesToBeSilentForEver(t *testing.T) {
	story(t, func(t *testing.T, w *world) {
		ann, _ := w.enter("ann")
		began := time.Now()
		ann.send(beat(&wire.Heartbeat{N: 1, NextMs: math.MaxUint32}))
		ann.mustEnd(exit.TimedOut)
		if took := time.Since(began); took > promiseMax+room.DefaultPolicy().Presence.GoneAfter+time.Second {
			t.Errorf("a silent page stayed for %s", took)
		}
	})
}

// TestB2_WhatAHeartbeatHeardIsNotSaidAgain: whoever comes back is told what came after its last heartbeat.
func TestB2_WhatAHeartbeatHeardIsNotSaidAgain(t *testing.T) {
	story(t, func(t *testing.T, w *world) {
		ann, entered := w.enter("ann")
		bob, _ := w.enter("bob")
		came := ann.next()
		ann.send(beat(&wire.Heartbeat{N: 1, Seq: came.GetSeq()}))
		if ann.next().GetHeartbeatAck() == nil {
			t.Fatal("the heartbeat was not answered")
		}
		synctest.Wait()
		_ = ann.conn.CloseNow()
		synctest.Wait()
		again := w.connect("ann")
		again.send(resume(entered, ""))
		if again.next().GetResumed() == nil {
			t.Fatal("ann is not back")
		}
		bob.exit()
		if next := again.next(); next.GetMemberLeft().GetUserId() != "bob" {
			t.Errorf("ann heard before that %v", next)
		}
	})
}

// TestB5_TheFirstFrameStandsAlone: it decides what the connection is, so it is in no batch, whatever waits behind it.
func TestB5_TheFirstFrameStandsAlone(t *testing.T) {
	s := newScript()
	close(s.allow)
	l := prepareLink(s)
	for _, frame := range []string{"welcome", "one", "two"} {
		l.Send([]byte(frame))
	}
	l.finish(word{code: 1001})
	l.run()
	if len(s.said) != 2 || s.said[0] != "welcome" {
		t.Errorf("said %q", s.said)
	}
}
