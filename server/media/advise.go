package media

import (
	"slices"

	"github.com/exeunt/exeunt/server/rtp"
	"github.com/exeunt/exeunt/server/sdp"
)

// What loss says of a path, in percent: below lossLow it carries more, above lossHigh it does not carry what comes
// (draft-ietf-rmcat-gcc-02 §6).
const lossLow, lossHigh = 2, 10

// advise tells a publisher what its path carries, if it numbers no packets for transport feedback and so cannot find
// out by itself (draft-alvestrand-rmcat-remb-03); the caller holds mu. All that is known here is what was lost.
func (e *Engine) advise(s *session) {
	if s.arrivals != nil {
		return
	}
	var ssrcs [blocksMax]uint32
	var due, got uint32
	n, arriving := 0, 0
	for _, l := range s.streams {
		for _, one := range l.layers {
			if one.received == 0 {
				continue
			}
			d, g := one.grown(&one.advised)
			due, got, arriving = due+d, got+g, arriving+one.rate()
			if l.heedsRemb() && n < blocksMax {
				ssrcs[n] = one.ssrc
				n++
			}
		}
	}
	if n == 0 || due == 0 {
		return
	}
	s.advice = advice(s.advice, arriving, due, got)
	e.control(s, rtp.AppendRemb(s.report(e.out.compound[:0]), s.ssrc, uint64(s.advice), ssrcs[:n]))
}

// heedsRemb says whether the publisher of a line heeds what we say of its path.
func (l *line) heedsRemb() bool {
	return slices.ContainsFunc(l.codecs, func(c sdp.Codec) bool { return slices.Contains(c.Feedback, "goog-remb") })
}

// advice is the next one, when so many bits per second come and got packets of those that were due: what comes and a
// part of the loss less where much is lost, and where hardly anything is, more than before if that is made use of.
func advice(before, arriving int, due, got uint32) int {
	if before == 0 {
		before = rateStart
	}
	lost := 100 * int(due-min(got, due)) / int(due)
	switch {
	case lost > lossHigh:
		before = min(before, arriving) * (200 - lost) / 200
	case lost < lossLow && before < 2*arriving:
		before = before * 105 / 100
	}
	return min(max(before, rateLeast), rateMost)
}
