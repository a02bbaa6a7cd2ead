package picture

// What a structure has at most (A.8.3): 64 templates, by which the frames of up to 4 layers in space and 8 in time
// belong to up to 32 targets.
const (
	TargetsMax   = 32
	templatesMax = 64
	spatialMax   = 3
	temporalMax  = 7
)

// Structure is how a scalable stream is built: what kinds of frames it has, and what one can choose to get of it. The
// zero value is that of a stream of which nothing is known.
type Structure struct {
	templates [templatesMax]template
	// offset is the id of the first template, and count and targets say how many there are.
	offset, count, targets uint8
	// layers are those of each target's best frames.
	layers [TargetsMax]layers
	// ladder has the targets that are offered to listeners, the best first; places of them differ in space.
	ladder        [TargetsMax]uint8
	steps, places uint8
	// active are the targets that the publisher sends now, as of the frame activeAt if it said so since the structure.
	active   Targets
	activeAt uint16
	told     bool
}

// template is what frames of one kind have in common.
type template struct {
	layers
	present, change Targets
}

// layers are a place in space and time.
type layers struct{ spatial, temporal uint8 }

// Equal says whether two structures are the same, whatever is active of them.
func (s *Structure) Equal(other *Structure) bool {
	return s.templates == other.templates &&
		s.offset == other.offset && s.count == other.count && s.targets == other.targets
}

// Active are the targets that the publisher sends now.
func (s *Structure) Active() Targets { return s.active }

// Steps is how many targets are offered: those that differ in space, each at its full rate, and below them those of
// the lowest at fewer frames.
func (s *Structure) Steps() int { return int(s.steps) }

// Places is how many steps differ in space; they are the first.
func (s *Structure) Places() int { return int(s.places) }

// Target is the one at a step of those offered, 0 the best; beyond the last it is the last.
func (s *Structure) Target(step int) uint8 { return s.ladder[min(max(step, 0), max(s.Steps()-1, 0))] }

// Spatial is the highest layer in space of a target.
func (s *Structure) Spatial(target uint8) uint8 { return s.layers[target&(TargetsMax-1)].spatial }

// Thinnest is the target that shows as much as another at the fewest frames.
func (s *Structure) Thinnest(target uint8) uint8 {
	for t := range s.targets {
		if s.layers[t].spatial == s.Spatial(target) && s.layers[t].temporal < s.layers[target].temporal {
			target = t
		}
	}
	return target
}

// note keeps which targets are active. Packets come in any order: the newest frame's word holds.
func (s *Structure) note(active Targets, told bool, frame uint16) {
	if told && (!s.told || int16(frame-s.activeAt) >= 0) {
		s.active, s.activeAt, s.told = active, frame, true
	}
}

// read reads a structure (template_dependency_structure in A.8.2). What the templates say of distances and chains is
// read over: whoever gets all of a target's frames from a switch on gets all that they need.
func (s *Structure) read(r *bits) {
	s.offset, s.targets = uint8(r.take(6)), uint8(r.take(5))+1
	s.active = Targets(1<<s.targets - 1)
	s.readLayers(r)
	for i := range s.count {
		s.templates[i].present, s.templates[i].change = r.indicators(s.targets)
	}
	for range s.count {
		for r.take(1) == 1 {
			r.take(4)
		}
	}
	if chains := r.below(uint32(s.targets) + 1); chains > 0 {
		for range s.targets {
			r.below(chains)
		}
		for range int(s.count) * int(chains) {
			r.take(4)
		}
	}
	if r.take(1) == 1 {
		for range s.templates[max(s.count, 1)-1].spatial + 1 {
			r.take(32)
		}
	}
	s.offer()
}

// readLayers reads which layers the templates are of.
func (s *Structure) readLayers(r *bits) {
	at := layers{}
	for {
		if s.count == templatesMax {
			r.short = true
			return
		}
		s.templates[s.count].layers = at
		s.count++
		switch r.take(2) {
		case 1:
			at.temporal++
		case 2:
			at = layers{spatial: at.spatial + 1}
		case 3:
			return
		}
		if r.short || at.spatial > spatialMax || at.temporal > temporalMax {
			r.short = true
			return
		}
	}
}

// offer finds the layers of each target, and which are offered.
func (s *Structure) offer() {
	for t := range s.targets {
		for _, one := range s.templates[:s.count] {
			if one.present.Has(t) {
				s.layers[t].spatial = max(s.layers[t].spatial, one.spatial)
				s.layers[t].temporal = max(s.layers[t].temporal, one.temporal)
			}
		}
	}
	for spatial := spatialMax; spatial >= 0; spatial-- {
		if t, ok := s.best(uint8(spatial), temporalMax); ok {
			s.step(t)
			s.places++
		}
	}
	least := s.layers[s.Target(s.Steps()-1)]
	for temporal := int(least.temporal) - 1; temporal >= 0; temporal-- {
		if t, ok := s.best(least.spatial, uint8(temporal)); ok && s.layers[t].temporal == uint8(temporal) {
			s.step(t)
		}
	}
}

func (s *Structure) step(target uint8) {
	s.ladder[s.steps] = target
	s.steps++
}

// best finds the target of a layer in space that goes highest in time, up to a layer.
func (s *Structure) best(spatial, temporal uint8) (best uint8, ok bool) {
	for t := range s.targets {
		at := s.layers[t]
		if at.spatial == spatial && at.temporal <= temporal && (!ok || at.temporal > s.layers[best].temporal) {
			best, ok = t, true
		}
	}
	return best, ok
}
