package media

import "github.com/exeunt/exeunt/server/picture"

// fatesMax is how many frames back it is known what became of them: 2 s and more of three layers.
const fatesMax = 256

// fate is what a listener gets of a frame.
type fate uint8

const (
	unseen fate = iota
	left        // Nothing.
	sentOn      // All of it.
	last        // All of it, and nothing more of its picture: its end is the picture's.
)

// selection is which frames of a scalable layer a listener gets: those of one decode target. It changes between two
// pictures, and only to a target of which the listener has got all that it needs, so that each frame that is sent can
// be decoded from those that were.
type selection struct {
	target uint8
	// whole are the targets of which every frame was sent since one that one can go over to them with.
	whole picture.Targets
	// version is the structure's by whose numbers the targets go, and begun says that there is one.
	version uint8
	begun   bool
	// newest is the newest frame that was seen, and timestamp its picture's. fates is a ring of those up to it.
	newest    uint16
	timestamp uint32
	fates     [fatesMax]fate
}

// opens says whether a listener can begin with a packet: of a scalable layer only with one that says how it is built,
// as nothing before that can be chosen from.
func (f *forward) opens(p *packet) bool {
	return f.at.scale == nil || p.depends.Attached || (p.begins && !p.depends.Described)
}

// fateOf decides what becomes of a packet's frame with the first packet of it that comes, and afterwards says the same.
func (f *forward) fateOf(p *packet) fate {
	if f.selection == nil {
		f.selection = &selection{}
	}
	c, d := f.selection, &p.depends
	ahead := int(int16(d.Number - c.newest))
	anew := d.Attached && p.version != c.version
	switch {
	case !c.begun || (anew && (ahead < 0 || ahead > fatesMax)):
		*c = selection{begun: true, newest: d.Number}
	case ahead > 0:
		c.pass(ahead)
		c.newest = d.Number
	case anew: // Another packet of its first frame came before.
	case ahead <= -fatesMax:
		return left
	default:
		is := &c.fates[d.Number%fatesMax]
		if *is == unseen {
			*is = c.late(p)
		}
		return *is
	}
	is := f.decide(p)
	c.fates[d.Number%fatesMax] = is
	return is
}

// known is what became of a packet's frame, if it is known.
func (f *forward) known(p *packet) fate {
	if f.selection == nil {
		return unseen
	}
	back := int(int16(f.selection.newest - p.depends.Number))
	if back < 0 || back >= fatesMax {
		return unseen
	}
	return f.selection.fates[p.depends.Number%fatesMax]
}

// pass goes on by so many frames. Of those in between nobody knows what they are of, so only the present target is
// taken for whole: what it lacks is repaired, or a key frame asked for.
func (c *selection) pass(ahead int) {
	for i := range min(ahead, fatesMax) {
		c.fates[(c.newest+uint16(ahead-i))%fatesMax] = unseen
	}
	if ahead > 1 {
		c.whole &= 1 << c.target
	}
}

// late decides about a frame of which later ones have been seen. What belongs to another target, or was built
// otherwise, is too late to be of use.
func (c *selection) late(p *packet) fate {
	d := &p.depends
	if !d.Resolved || p.version != c.version || !d.Present.Has(c.target) {
		c.whole &^= d.Present
		return left
	}
	return sentOn
}

// decide decides about a new frame.
func (f *forward) decide(p *packet) fate {
	c, d, x := f.selection, &p.depends, f.at.scale
	if !d.Resolved || x == nil {
		return sentOn // Nobody can tell whether it is needed.
	}
	switch {
	case p.version != x.version: // There is a newer structure already, and soon its packets come.
	case p.version != c.version && d.Attached:
		// All of it begins anew.
		c.version, c.whole, c.target = p.version, 0, x.target(f.within())
	case p.version == c.version && p.timestamp != c.timestamp:
		f.retarget(p)
	}
	c.timestamp = p.timestamp
	if p.version != c.version || !d.Present.Has(c.target) {
		c.whole &^= d.Present
		return left
	}
	c.whole |= d.Switch
	if p.version == x.version && d.Spatial == x.Spatial(c.target) {
		return last
	}
	return sentOn
}

// retarget goes over to the target that the listener ought to get, if it can be decoded from this frame on: the first
// of a picture.
func (f *forward) retarget(p *packet) {
	c, d, x := f.selection, &p.depends, f.at.scale
	wanted := x.target(f.within())
	if f.limit > f.wished() && x.Spatial(wanted) < x.Spatial(c.target) && !c.reaches(wanted, d) {
		// Its path is full, and the smaller picture takes a key frame: until that comes it gets fewer pictures.
		wanted = x.Thinnest(c.target)
	}
	if c.reaches(wanted, d) {
		c.target = wanted
	}
}

// reaches says whether one can go over to a target with a frame.
func (c *selection) reaches(target uint8, d *picture.Dependency) bool {
	return c.whole.Has(target) || (d.Switch.Has(target) && (d.Attached || d.Present.Has(c.target)))
}

// within is the step of a scalable layer that a listener ought to get: of the last of a line's layers those below its
// first, and of the others all.
func (f *forward) within() int {
	last := len(f.line.layers) - 1
	if f.at != f.line.layers[last] {
		return f.at.scale.finest
	}
	return max(f.step()-last, f.at.scale.finest)
}

// step is the one that a listener ought to get.
func (f *forward) step() int { return max(f.wished(), f.limit) }

// wished is the best place that the listener wants, of those that there are.
func (f *forward) wished() int { return min(f.wish, f.line.places()-1) }

// steer asks for a key frame where a listener waits for one to go over to another picture. To fewer pictures, or more,
// of the same it goes without.
func (e *Engine) steer(f *forward) {
	c, x := f.selection, f.at.scale
	if c == nil {
		return
	}
	wanted := x.target(f.within())
	waits := x.Spatial(wanted) != x.Spatial(c.target) && !c.whole.Has(wanted)
	if waits || c.version != x.version {
		e.ask(f.at)
	}
}
