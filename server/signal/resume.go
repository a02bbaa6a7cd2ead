package signal

import (
	"sync"
	"time"

	"github.com/exeunt/exeunt/server/host"
	"github.com/exeunt/exeunt/server/room"
)

// lifeline lets a stay be continued although its UserSig has run out meanwhile (H1). It proves nothing by itself: the
// signature must still be the user's, and must have held at since.
type lifeline struct {
	key   room.Key
	user  string
	since time.Time
}

// lifelines are those of the stays inside, and of those that were lost not longer than the window ago, by session.
type lifelines struct {
	window time.Duration
	held   sync.Map
}

// hold keeps the lifeline of a stay that began.
func (l *lifelines) hold(session string, line lifeline) { l.held.Store(session, line) }

// lose keeps the lifeline of a stay whose connection broke, for the window.
func (l *lifelines) lose(session string) {
	time.AfterFunc(l.window, func() { l.drop(session) })
}

// drop takes the lifeline of a stay that ended for good.
func (l *lifelines) drop(session string) { l.held.Delete(session) }

// since finds from when on the stay that an entry continues counts as authenticated.
func (l *lifelines) since(e host.Entry) (time.Time, bool) {
	line, _ := l.held.Load(e.ResumeSession)
	held, ok := line.(lifeline)
	return held.since, ok && held.key == e.Key && held.user == e.User
}
