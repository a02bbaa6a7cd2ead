package load

import (
	"cmp"
	"slices"
	"sync"
)

// Fault is something that went wrong, as often as it did.
type Fault struct {
	// What happened, such as "refused"; Code says more, such as a TRTC error code.
	What string `json:"what"`
	Code string `json:"code,omitempty"`
	// Count is how often, and Example what was said the first time.
	Count   int    `json:"count"`
	Example string `json:"example,omitempty"`
}

// faults are those of a run, by what and code.
type faults struct {
	mu  sync.Mutex
	all []Fault
}

func (f *faults) note(what, code, example string) { f.add(what, code, example, 1) }

// add notes something that happened n times, perhaps none.
func (f *faults) add(what, code, example string, n int) {
	if n == 0 {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	i := slices.IndexFunc(f.all, func(o Fault) bool { return o.What == what && o.Code == code })
	if i < 0 {
		f.all = append(f.all, Fault{what, code, n, example})
		return
	}
	f.all[i].Count += n
}

// count is how many things went wrong.
func (f *faults) count() (n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, one := range f.all {
		n += one.Count
	}
	return n
}

// sorted returns them, the most frequent first.
func (f *faults) sorted() []Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	all := append([]Fault{}, f.all...)
	slices.SortStableFunc(all, func(a, b Fault) int { return cmp.Compare(b.Count, a.Count) })
	return all
}
