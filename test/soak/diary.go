package soak

import (
	"fmt"
	"strings"

	"github.com/exeunt/exeunt/client"
)

// diary is what one stay saw.
type diary struct {
	session, incarnation, user string
	room                       uint32
	// broken says that the member's connection was broken in a way that need not be noticed before the end.
	broken bool
	// audience says that others cannot see the member; roleAsked counts changes of that whose answer did not come.
	audience  bool
	roleAsked int
	// partly says that more was missed than the server keeps.
	partly bool
	left   []client.RemoteUserLeave
	// here are the others who are thought to be inside.
	here map[string]bool
	last client.Exited
	// lost says that the connection was away.
	lost bool
	// recent are the last lines of the story, for a person.
	recent []string
	faults []error
}

// recentMax is how long a short story is.
const recentMax = 14

// note writes an event down. True says that it was the last one.
func (d *diary) note(event client.Event) bool {
	d.tell(event)
	switch e := event.(type) {
	case client.RemoteUserEnter:
		if d.here[e.User] {
			d.faults = append(d.faults, fmt.Errorf("%s entered, but was here already", e.User))
		}
		if d.here == nil {
			d.here = map[string]bool{}
		}
		d.here[e.User] = true
	case client.RemoteUserLeave:
		if !d.here[e.User] {
			d.faults = append(d.faults, fmt.Errorf("%s left, but was not here", e.User))
		}
		delete(d.here, e.User)
		if e.Reason != becameAudience {
			d.left = append(d.left, e)
		}
	case client.RoleSwitched:
		d.roleAsked--
		if e.Code == 0 {
			d.audience = e.Role == 21
		}
	case client.ConnectionLost:
		d.lost = true
	case client.ConnectionRecovered:
		d.lost = false
		d.partly = d.partly || e.Whole
	case client.Exited:
		d.last = e
		return true
	}
	return false
}

// becameAudience is the reason of one who is still in the room, but not to be seen any more.
const becameAudience = 3

func (d *diary) tell(event client.Event) {
	if len(d.recent) == recentMax {
		d.recent = d.recent[1:]
	}
	d.recent = append(d.recent, strings.TrimPrefix(fmt.Sprintf("%T%+v", event, event), "client."))
}

// story is what happened last, for a person.
func (d *diary) story() string {
	return fmt.Sprintf("%s in room %d (incarnation %s, session %s):\n    %s", d.user, d.room, d.incarnation, d.session,
		strings.Join(d.recent, "\n    "))
}
