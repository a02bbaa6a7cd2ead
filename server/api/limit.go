package api

import (
	"time"

	"github.com/exeunt/exeunt/server/pace"
)

// callsPerSecond is how often one app may call one action (TRTC: 20 requests a second for each).
const callsPerSecond = 20

// limits has one bucket for each action of an app. Actions and apps are known beforehand, so no stranger can make the
// table grow; and a bucket is taken from only after the signature is good, so no stranger can empty one.
type limits map[string]*pace.Bucket

func newLimits() limits {
	l := limits{}
	for name := range actions {
		l[name] = pace.New(callsPerSecond, callsPerSecond)
	}
	return l
}

func (l limits) take(action string, now time.Time) error {
	if !l[action].Take(now) {
		return refuse(codeRequestLimitExceeded, "%s may be called %d times a second; try again in a moment",
			action, callsPerSecond)
	}
	return nil
}
