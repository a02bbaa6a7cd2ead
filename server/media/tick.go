package media

import (
	"time"

	"github.com/exeunt/exeunt/server/rtp"
)

// tickEvery is how often lost packets are asked for; the rest is done each so many ticks.
const (
	tickEvery     = 20 * time.Millisecond
	feedbackTicks = 5  // Chromium's own pace is 50 to 250 ms.
	watchTicks    = 25 // Twice a second.
	reportTicks   = 50
)

// tick does what time asks for, until the engine is closed.
func (e *Engine) tick() {
	ticker := time.NewTicker(tickEvery)
	defer ticker.Stop()
	for n := 1; ; n++ {
		select {
		case <-e.quit:
			return
		case <-ticker.C:
		}
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
}

// tend does what is due at a tick; the caller holds mu.
func (e *Engine) tend(now int64, n int) {
	e.needy = only(e.needy, func(l *layer) bool {
		e.wish(l, now)
		e.request(l, now)
		l.needy = l.wished || len(l.missing) > 0
		return l.needy
	})
	if n%feedbackTicks == 0 {
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
