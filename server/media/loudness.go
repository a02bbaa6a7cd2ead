package media

import (
	"time"

	"github.com/exeunt/exeunt/server/room"
	"github.com/exeunt/exeunt/server/rtp"
)

// loudness is how loud a voice has been of late, smoothed so that it lasts over the pauses between words: it rises with
// the voice, and falls at its own pace.
type loudness struct {
	// volume is in thousandths of a decibel above silence; at is the time of the packet that it is as of.
	volume, at int64
}

const (
	// loudnessMax is as loud as can be, in decibels above silence (RFC 6464 §3 counts them downward, from 0 to 127).
	loudnessMax = 127
	// loudnessRise is what share of the way up a packet takes the volume: a voice is as loud as it is within a tenth of
	// a second, a click of one packet is not.
	loudnessRise = 4
	// loudnessFall is how much it falls in a second at most, in thousandths of a decibel.
	loudnessFall = 15_000
	// untold is how loud a voice counts that does not say it, in decibels above silence: that of a quiet speaker.
	untold = 77
	// pauseMax is the longest payload, in bytes, of a packet that a paused voice sends (DTX; RFC 7587 §3.1.3).
	pauseMax = 3
)

// hear takes the level of one packet (RFC 6464 §3): what is below the bit for a voice.
func (v *loudness) hear(level uint8, now int64) {
	heard := int64(loudnessMax-level&loudnessMax) * 1000
	v.volume = v.now(now)
	if heard > v.volume {
		v.volume += (heard - v.volume) / loudnessRise
	}
	v.at = now
}

// now is the volume as it has fallen since the last packet.
func (v *loudness) now(now int64) int64 {
	silent := min(now-v.at, int64(time.Minute))
	return max(0, v.volume-silent*loudnessFall/int64(time.Second))
}

// hearVoice notes how loud a packet of sound is. One that does not say it is a quiet speaker's, if it has more than
// silence.
func (l *layer) hearVoice(h *rtp.Header, length int, now int64) {
	level := soundLevel(l.line, h)
	if length > pauseMax && len(h.Extension(l.line.session.ids.level)) == 0 {
		level = loudnessMax - untold
	}
	l.loudness.hear(level, now)
}

// Volumes says how loud the microphones of sessions have been of late, in decibels above silence, 0 to 127, in their
// order; 0 for one that is not there or not on the air.
func (e *Engine) Volumes(sessions []string) []uint8 {
	e.mu.Lock()
	defer e.mu.Unlock()
	now := e.clock()
	volumes := make([]uint8, len(sessions))
	for i, id := range sessions {
		if s := e.sessions[id]; s != nil && s.streams[room.Audio] != nil {
			volumes[i] = uint8(s.streams[room.Audio].layers[0].loudness.now(now) / 1000)
		}
	}
	return volumes
}
