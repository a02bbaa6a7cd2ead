package load

import "sync"

// memory is how many numbers behind the newest are remembered; what comes later still counts as lost. A picture of 300
// packets a second has three seconds for a repair.
const memory = 1024

// tally counts the packets of one stream that one listener gets.
type tally struct {
	mu sync.Mutex
	// any says that some packet came, whether it counts or not.
	any bool
	// from is the first number that counts; none does until on.
	from uint64
	on   bool
	// begun says that one that counts came.
	begun bool
	// newest is the highest number that came, and seen has a bit for each of the latest numbers.
	newest uint64
	seen   [memory / 64]uint64
	counts
}

// counts is what became of packets.
type counts struct {
	// came are packets that came, each counted once; late are those of them that came after a newer one, because they
	// were repaired or overtaken.
	came, late uint64
	// again are repetitions, and bytes what the payloads that came hold.
	again, bytes uint64
}

func (c *counts) add(o counts) {
	c.came += o.came
	c.late += o.late
	c.again += o.again
	c.bytes += o.bytes
}

// begin makes packets from this number on count.
func (t *tally) begin(from uint64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.from, t.on = from, true
}

// see notes that a packet came, and says whether it counts and came for the first time.
func (t *tally) see(number uint64, bytes int) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.any = true
	if !t.on || number < t.from {
		return false
	}
	bit := uint64(1) << (number % 64)
	word := &t.seen[number/64%uint64(len(t.seen))]
	switch {
	case !t.begun || number > t.newest:
		t.advance(number)
	case t.newest-number >= memory:
		return false // Forgotten: nobody can say whether it came before.
	case *word&bit != 0:
		t.again++
		return false
	default:
		t.late++
	}
	*word |= bit
	t.came++
	t.bytes += uint64(bytes)
	return true
}

// touched says whether any packet came.
func (t *tally) touched() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.any
}

// advance forgets the numbers whose places those up to a new newest one take.
func (t *tally) advance(newest uint64) {
	if !t.begun || newest-t.newest >= memory {
		t.seen = [memory / 64]uint64{}
	} else {
		for n := t.newest + 1; n <= newest; n++ {
			t.seen[n/64%uint64(len(t.seen))] &^= 1 << (n % 64)
		}
	}
	t.begun, t.newest = true, newest
}

// result returns what was counted, and how many packets should have come, by the newest that did.
func (t *tally) result() (c counts, due uint64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.begun {
		due = t.newest + 1 - t.from
	}
	return t.counts, due
}
