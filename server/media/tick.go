package media

import (
	"time"

	"github.com/exeunt/exeunt/server/rtp"
	"github.com/exeunt/exeunt/server/udp"
)

// tickEvery is how often lost packets are asked for; the rest is done each so many ticks.
const (
	tickEvery     = 20 * time.Millisecond
	feedbackTicks = 5  // Chromium's own pace is 50 to 250 ms.
	watchTicks    = 25 // Twice a second.
	reportTicks   = 50
	emptyTicks    = 3000 // Once a minute.
)

// rhythm is how often the engine looks what time asks for. Each look at an idle process wakes it, and the scheduler's
// monitor with it, which costs more than the look: so where nothing flows it looks as seldom as anything is due.
type rhythm struct {
	// stride is how many ticks lie between two looks: 1 while something is missing, or reports would wait for long;
	// feedbackTicks while media flows.
	stride int
	// flowed says that media came since the last feedbackTicks, and flows that it did before.
	flowed, flows bool
	// soon has something when the next look must come earlier than was planned.
	soon chan struct{}
	// reports takes those that the socket has put aside. awake is how often media has taken them along since the last
	// feedbackTicks, and sparse says that this was too seldom before that.
	reports *udp.Batch
	awake   int
	sparse  bool
}

// awakeMin is how often media must come in feedbackTicks for reports to wait for it: as often as there are ticks.
const awakeMin = feedbackTicks

// tick does what time asks for, until the engine is closed.
func (e *Engine) tick() {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for n := 0; ; {
		pause := e.plan(n)
		planned := time.Now()
		timer.Reset(time.Duration(pause) * tickEvery)
		select {
		case <-e.quit:
			return
		case <-e.soon:
			n += min(int(time.Since(planned)/tickEvery), pause-1)
			continue
		case <-timer.C:
			n += pause
		}
		e.look(n)
	}
}

// plan says how many ticks after n the next look is due.
func (e *Engine) plan(n int) int {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch {
	case len(e.needy) > 0 || len(e.restated) > 0 || e.flows && e.sparse && e.socket.Diverts():
		e.stride = 1
	case e.flowed || e.flows:
		e.stride = feedbackTicks
	case len(e.sessions) > 0:
		e.stride = watchTicks
	default:
		e.stride = emptyTicks // There is one engine for each core, and most of them may have nobody.
	}
	return e.stride - n%e.stride
}

// hasten has the next look come within so many ticks; the caller holds mu.
func (e *Engine) hasten(ticks int) {
	if e.stride <= ticks {
		return
	}
	e.stride = ticks
	select {
	case e.soon <- struct{}{}:
	default:
	}
}

// look does what is due at tick n, and tells of it.
func (e *Engine) look(n int) {
	e.mu.Lock()
	e.tend(e.clock(), n)
	news := n%watchTicks == 0 || len(e.restated) > 0
	readings := e.readings
	e.readings = nil
	e.mu.Unlock()
	if len(readings) > 0 {
		e.cfg.Measured(readings)
	}
	if news {
		e.tell()
	}
}

// tend does what is due at a tick; the caller holds mu.
func (e *Engine) tend(now int64, n int) {
	e.takeReports(now)
	e.needy = only(e.needy, func(l *layer) bool {
		e.wish(l, now)
		e.request(l, now)
		l.needy = l.wished || len(l.missing) > 0
		return l.needy
	})
	if n%feedbackTicks == 0 {
		e.flows, e.flowed = e.flowed, false
		e.sparse, e.awake = e.awake < awakeMin, 0
		turn := n / feedbackTicks % measureTurns
		for _, s := range e.sessions {
			e.feedBack(s)
			e.allot(s, now)
			if s.turn == turn {
				e.read(s, now)
			}
		}
		e.reviewAll(now)
	}
	if n%watchTicks == 0 {
		e.countSocket()
		e.watch(now)
	}
	if n%reportTicks == 0 {
		for _, s := range e.sessions {
			e.advise(s)
			e.reportAll(s, e.clock()) // The time says when it leaves, and there may be thousands of sessions.
		}
	}
}

// request asks a publisher for what did not come (RFC 4585 §6.2.1), and gives up what it has asked for often enough.
func (e *Engine) request(l *layer, now int64) {
	var lost [missingMax]uint16
	n, kept := 0, l.missing[:0]
	for _, m := range l.missing {
		if now-m.asked >= askEvery {
			if m.times == asksMax {
				continue
			}
			m.asked, m.times = now, m.times+1
			lost[n] = uint16(m.number)
			n++
		}
		kept = append(kept, m)
	}
	l.missing = kept
	if n > 0 {
		s := l.line.session
		e.control(s, rtp.AppendNack(s.report(e.out.compound[:0]), s.ssrc, l.ssrc, lost[:n]))
	}
}

// clock is the time in nanoseconds since 1970 as it was when the engine began, and from then on steady: it does not
// leap when somebody sets the wall's clock.
func (e *Engine) clock() int64 { return e.began.UnixNano() + int64(time.Since(e.began)) }
