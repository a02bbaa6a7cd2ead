package soak

import (
	"fmt"
	"slices"

	"github.com/exeunt/exeunt/client"
	"github.com/exeunt/exeunt/test/rig"
)

// verdict is what a comparison found.
type verdict struct {
	// stays is how many stays there were, notices how many leave notices were heard, and due how many of the notices
	// that a stay should have heard were looked for.
	stays, notices, due int
	// ends counts stays by how they ended.
	ends   map[string]int
	faults []string
}

// faultsMax is how many short stories are told; the rest is a number.
const faultsMax = 12

func (v *verdict) fault(d *diary, format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if d != nil {
		text += "\n  " + d.story()
	}
	v.faults = append(v.faults, text)
}

// book is what the server wrote down, found by session, beside the diaries.
type book struct {
	entered map[string]uint64
	ends    map[string]rig.End
	diaries map[string]*diary
	// rooms are the stays of each incarnation of a room.
	rooms map[string][]*diary
}

// records are what the server wrote down: [rig.Log], or a story made up.
type records interface {
	Entered() map[string]uint64
	Ends(session string) []rig.End
}

// compare holds the diaries of all stays against the server's records.
func compare(written records, diaries []*diary) *verdict {
	v := &verdict{ends: map[string]int{}}
	b := &book{
		entered: written.Entered(), ends: map[string]rig.End{}, diaries: map[string]*diary{},
		rooms: map[string][]*diary{},
	}
	for session := range b.entered {
		ends := written.Ends(session)
		if len(ends) != 1 {
			v.fault(nil, "session %s has %d exit records: %+v", session, len(ends), ends)
			continue
		}
		b.ends[session] = ends[0]
		v.ends[ends[0].Why]++
	}
	v.stays = len(b.entered)
	for _, d := range diaries {
		b.diaries[d.session] = d
		b.rooms[d.incarnation] = append(b.rooms[d.incarnation], d)
	}
	for _, d := range diaries {
		for _, fault := range d.faults {
			v.fault(d, "%v", fault)
		}
		if v.ownEnd(b, d) {
			v.heard(b, d)
			v.missed(b, d)
		}
	}
	return v
}

// ownEnd holds what a stay was told of its own end against the record. False says that there is no record.
func (v *verdict) ownEnd(b *book, d *diary) bool {
	end, ok := b.ends[d.session]
	if !ok {
		v.fault(d, "the stay has no exit record")
		return false
	}
	if told(d) && (d.last.Detail.Code != end.Why || d.last.Detail.Seq != end.Seq) {
		v.fault(d, "the member was told %+v, and the record says %+v", d.last, end)
	}
	if !told(d) && !d.broken && d.last.Detail.Code == lost {
		v.fault(d, "the member gave up, although its network was whole; the record says %+v", end)
	}
	return true
}

// lost is what a client says that gave up.
const lost = "connection_lost"

// told says whether the server said the last word.
func told(d *diary) bool { return d.last.Detail.Code != lost && d.last.Detail.Code != "no_answer" }

// heard holds every leave notice of a stay against the record of the one who left.
func (v *verdict) heard(b *book, d *diary) {
	twice := map[string]bool{}
	for _, n := range d.left {
		if n.Detail.Session == "" && d.partly {
			continue // It was neither there nor among those who left: a listener again.
		}
		v.notices++
		end, ok := b.ends[n.Detail.Session]
		of := b.diaries[n.Detail.Session]
		switch {
		case !ok:
			v.fault(d, "a notice is of no stay: %+v", n)
		case twice[n.Detail.Session]:
			v.fault(d, "told twice: %+v", n)
		case end.Why != n.Detail.Code || end.Seq != n.Detail.Seq || end.User != n.User:
			v.fault(d, "told %+v, and the record says %+v", n, end)
		case of != nil && of.incarnation != d.incarnation:
			v.fault(d, "told of a stay in another room: %+v", n)
		}
		twice[n.Detail.Session] = true
	}
}

// missed looks for each notice that a stay should have heard: of everybody visible who left while it was inside and
// could hear. Whoever is thrown out in the same step is not told of the others.
func (v *verdict) missed(b *book, d *diary) {
	if d.partly {
		return
	}
	from, until := b.entered[d.session], horizon(b, d)
	for _, other := range b.rooms[d.incarnation] {
		end, ok := b.ends[other.session]
		if !ok || other.user == d.user || end.Seq <= from || end.Seq >= until || end.Why == "dismissed" {
			continue
		}
		if other.audience || other.roleAsked > 0 {
			continue // Not to be seen, or perhaps not.
		}
		v.due++
		of := func(n client.RemoteUserLeave) bool { return n.Detail.Session == other.session }
		if !slices.ContainsFunc(d.left, of) {
			v.fault(d, "not told that %s left (%+v)", other.user, end)
		}
	}
}

// horizon is up to where in the room's order a stay must have heard everything: its own end, if that came over a living
// connection; else the last notice that came, for they come in order.
func horizon(b *book, d *diary) uint64 {
	switch end := b.ends[d.session]; {
	case told(d) && !d.lost && !d.broken && end.Why != "timed_out" && end.Why != "too_slow":
		return end.Seq
	case len(d.left) > 0:
		return d.left[len(d.left)-1].Detail.Seq
	default:
		return 0
	}
}
