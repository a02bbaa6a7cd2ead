package udp

import (
	"bytes"
	"errors"
	"net"
	"net/netip"
	"slices"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func listen(t testing.TB, addr string) *Socket {
	t.Helper()
	s, err := Listen(addr)
	check(t, err)
	t.Cleanup(func() {
		if err := s.Close(); !errors.Is(err, net.ErrClosed) { // A test may have closed it.
			check(t, err)
		}
	})
	return s
}

// take receives n datagrams.
func take(t *testing.T, s *Socket, n int) (all [][]byte, from netip.AddrPort) {
	t.Helper()
	batch := NewBatch()
	err := s.Receive(batch, func(got int) time.Duration {
		for i := range got {
			b, sender := batch.Packet(i)
			all, from = append(all, bytes.Clone(b)), sender
		}
		if len(all) >= n {
			return Enough
		}
		return 0
	})
	check(t, err)
	return all, from
}

// A burst arrives as the packets that it was cut into, over both families, and says where it came from; with and
// without the kernel's help.
func TestABurstArrivesAsPackets(t *testing.T) {
	for _, addr := range []string{"127.0.0.1:0", "[::1]:0", ":0"} {
		for _, whole := range []bool{true, false} {
			from, to := listen(t, addr), listen(t, addr)
			if !whole {
				from.bursts.Store(false)
			}
			target := to.Addr()
			if target.Addr().IsUnspecified() {
				target = netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), target.Port())
			}
			burst := bytes.Repeat([]byte("0123456789"), 25)
			from.NewSender().Send(burst, 100, target)
			got, sender := take(t, to, 3)
			if !bytes.Equal(bytes.Join(got, nil), burst) || len(got) != 3 || len(got[2]) != 50 {
				t.Errorf("%s: %d packets", addr, len(got))
			}
			if sender.Port() != from.Addr().Port() || !sender.Addr().IsLoopback() {
				t.Errorf("%s: it came from %s; want %s", addr, sender, from.Addr())
			}
		}
	}
}

// After a patience one is called again though nothing has come, and then waits for something as before.
func TestPatienceEnds(t *testing.T) {
	from, to := listen(t, "127.0.0.1:0"), listen(t, "127.0.0.1:0")
	sender := from.NewSender()
	sender.Send([]byte("one"), 3, to.Addr())
	var calls []int
	err := to.Receive(NewBatch(), func(n int) time.Duration {
		switch calls = append(calls, n); len(calls) {
		case 1:
			return time.Millisecond
		case 2:
			sender.Send([]byte("two"), 3, to.Addr())
		default:
			return Enough
		}
		return 0
	})
	if !slices.Equal(calls, []int{1, 0, 1}) || err != nil {
		t.Errorf("called with %v, then %v", calls, err)
	}
}

// What comes while a batch is looked at is taken at once: one datagram, as many as a batch holds, or more.
func TestWhatComesMeanwhileIsTakenToo(t *testing.T) {
	from, to := listen(t, "127.0.0.1:0"), listen(t, "127.0.0.1:0")
	sender, rounds, due := from.NewSender(), []int{1, BatchMax, 1, 2*BatchMax + 1, BatchMax - 1}, 0
	next := func() {
		due = rounds[0]
		rounds = rounds[1:]
		for range due {
			sender.Send([]byte("meanwhile"), 9, to.Addr())
		}
	}
	next()
	err := to.Receive(NewBatch(), func(n int) time.Duration {
		due -= n
		switch {
		case due > 0:
		case len(rounds) > 0:
			next()
		default:
			return Enough
		}
		return 0
	})
	if due != 0 || err != nil {
		t.Errorf("%d datagrams too few, %v", due, err)
	}
}

// Whoever would wait for more does not while more is there already: an hour would be long.
func TestNobodyWaitsAfterAFullBatch(t *testing.T) {
	from, to := listen(t, "127.0.0.1:0"), listen(t, "127.0.0.1:0")
	sender, left := from.NewSender(), BatchMax+1
	for range left {
		sender.Send([]byte("more"), 4, to.Addr())
	}
	check(t, to.Receive(NewBatch(), func(n int) time.Duration {
		if left -= n; left > 0 {
			return time.Hour
		}
		return Enough
	}))
}

// A datagram that is too long is nobody's.
func TestADatagramThatIsTooLongIsLost(t *testing.T) {
	from, to := listen(t, "127.0.0.1:0"), listen(t, "127.0.0.1:0")
	from.NewSender().Send(make([]byte, PacketMax+1), PacketMax+1, to.Addr())
	from.NewSender().Send([]byte("next"), 4, to.Addr())
	got, _ := take(t, to, 2)
	if len(got[0]) != 0 || string(got[1]) != "next" {
		t.Errorf("%d bytes, then %q", len(got[0]), got[1])
	}
}

// Closing wakes whoever receives.
func TestCloseEndsReceiving(t *testing.T) {
	s, err := Listen("127.0.0.1:0")
	check(t, err)
	done := make(chan error)
	go func() { done <- s.Receive(NewBatch(), func(int) time.Duration { return 0 }) }()
	check(t, s.Close())
	if err := <-done; !errors.Is(err, net.ErrClosed) {
		t.Errorf("%v; want net.ErrClosed", err)
	}
}

// An address that is taken is an error that names it.
func TestAnAddressThatIsTaken(t *testing.T) {
	s := listen(t, "127.0.0.1:0")
	if _, err := Listen(s.Addr().String()); err == nil || !bytes.Contains([]byte(err.Error()), []byte(s.Addr().String())) {
		t.Errorf("%v", err)
	}
}

// What waits for several receivers leaves when it is told to, and everybody gets his own, whole and in order; when too
// much waits, the first leaves earlier.
func TestWhatWaitsLeavesTogether(t *testing.T) {
	for _, whole := range []bool{true, false} {
		from, a, b := listen(t, "127.0.0.1:0"), listen(t, "127.0.0.1:0"), listen(t, "127.0.0.1:0")
		if !whole {
			from.bursts.Store(false)
		}
		sender := from.NewSender()
		var want []byte
		packets := 0
		for round := range 2 * queueMax {
			size := []int{250, 100, 1200 * 40}[round%3] / (1 + round/4) // Not more than a socket keeps.
			packets += (size + 1199) / 1200
			want = append(want, bytes.Repeat([]byte{byte(round)}, size)...)
			for _, to := range []*Socket{a, b} {
				room := sender.Room(size)
				if len(room) < size {
					t.Fatalf("%d bytes of room for %d", len(room), size)
				}
				copy(room, want[len(want)-size:])
				sender.Queue(size, 1200, to.Addr())
			}
		}
		sender.Flush()
		sender.Flush() // What has left does not leave again.
		for _, to := range []*Socket{a, b} {
			sender.Send([]byte("end"), 3, to.Addr())
			got, _ := take(t, to, packets+1)
			if !bytes.Equal(bytes.Join(got, nil), append(bytes.Clone(want), "end"...)) {
				t.Errorf("%d packets arrived, others than the %d that were sent", len(got), packets+1)
			}
		}
		if from.Lost() != 0 {
			t.Errorf("%d lost", from.Lost())
		}
	}
}

// What the kernel does not take as one goes packet by packet, and those who wait behind it are not held up.
func TestABurstThatIsRefusedGoesOneByOne(t *testing.T) {
	from, to := listen(t, "127.0.0.1:0"), listen(t, "127.0.0.1:0")
	sender, whole := from.NewSender(), from.Bursts()
	for _, n := range []int{20, 3000, 30} { // The second is of more packets than the kernel cuts.
		room := sender.Room(n)
		for i := range room[:n] {
			room[i] = byte(n)
		}
		sender.Queue(n, 10, to.Addr())
	}
	sender.Flush()
	got, _ := take(t, to, 2+300+3)
	want := bytes.Repeat([]byte{20}, 20)
	want = append(want, bytes.Repeat([]byte{3000 & 255}, 3000)...)
	want = append(want, bytes.Repeat([]byte{30}, 30)...)
	if !bytes.Equal(bytes.Join(got, nil), want) {
		t.Errorf("%d packets arrived, others than were sent", len(got))
	}
	if from.Bursts() != whole || from.Lost() != 0 {
		t.Errorf("bursts %v, before %v; lost %d", from.Bursts(), whole, from.Lost())
	}
}

// Neither sending nor receiving allocates.
func TestNothingIsAllocated(t *testing.T) {
	from, to := listen(t, "127.0.0.1:0"), listen(t, "127.0.0.1:0")
	sender, batch, b, took := from.NewSender(), NewBatch(), make([]byte, 3000), make(chan int)
	done := make(chan error)
	go func() {
		done <- to.Receive(batch, func(n int) time.Duration {
			for i := range n {
				batch.Packet(i)
			}
			took <- n
			return 0
		})
	}()
	defer func() {
		check(t, to.Close())
		if err := <-done; !errors.Is(err, net.ErrClosed) {
			t.Error(err)
		}
	}()
	allocations := testing.AllocsPerRun(200, func() {
		sender.Send(b, 1000, to.Addr())
		for n := 0; n < 3; {
			n += <-took
		}
	})
	if allocations > 0 {
		t.Errorf("%v allocations for each burst", allocations)
	}
}

// A burst of packets that are too long for one goes packet by packet, and does not end bursts for all others.
func TestABurstOfLongPacketsGoesOneByOne(t *testing.T) {
	from, to := listen(t, "127.0.0.1:0"), listen(t, "127.0.0.1:0")
	before := from.Bursts()
	from.NewSender().Send(make([]byte, 3*1450), 1450, to.Addr())
	if got, _ := take(t, to, 3); len(got) != 3 || len(got[0]) != 1450 {
		t.Errorf("%d packets", len(got))
	}
	if from.Bursts() != before || from.Lost() != 0 {
		t.Errorf("bursts %v, lost %d", from.Bursts(), from.Lost())
	}
}
