package tcp

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"net"
	"os"
	"strings"
	"syscall"
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

// pair is a connection: our end, and the other one.
func pair(t testing.TB) (ours net.Conn, theirs *net.TCPConn) {
	t.Helper()
	l, err := Listen("127.0.0.1:0")
	check(t, err)
	defer func() { check(t, l.Close()) }()
	dialed, err := net.Dial("tcp", l.Addr().String())
	check(t, err)
	ours, err = l.Accept()
	check(t, err)
	t.Cleanup(func() {
		// A test may have closed them.
		_, _ = ours.Close(), dialed.Close()
	})
	return ours, dialed.(*net.TCPConn)
}

// What one end writes the other one reads, both ways, however much it is and however slowly it is read.
func TestWhatIsWrittenIsRead(t *testing.T) {
	ours, theirs := pair(t)
	for _, size := range []int{1, 1000, 8 << 20} {
		sent := bytes.Repeat([]byte("exeunt "), size/7+1)
		for _, way := range []struct{ from, to net.Conn }{{ours, theirs}, {theirs, ours}} {
			done := make(chan error, 1)
			go func() {
				n, err := way.from.Write(sent)
				if err == nil && n != len(sent) {
					err = io.ErrShortWrite
				}
				done <- err
			}()
			got := make([]byte, len(sent))
			_, err := io.ReadFull(way.to, got)
			check(t, err)
			check(t, <-done)
			if !bytes.Equal(got, sent) {
				t.Errorf("%d bytes came over otherwise", size)
			}
		}
	}
	if n, err := ours.Read(nil); n != 0 || err != nil {
		t.Errorf("reading nothing: %d, %v", n, err)
	}
	if n, err := ours.Write(nil); n != 0 || err != nil {
		t.Errorf("writing nothing: %d, %v", n, err)
	}
}

// A deadline ends a read and a write that wait, and is told as such.
func TestADeadlineEndsWaiting(t *testing.T) {
	ours, _ := pair(t)
	check(t, ours.SetDeadline(time.Now().Add(10*time.Millisecond)))
	if _, err := ours.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("read: %v", err)
	}
	if n, err := ours.Write(make([]byte, 32<<20)); !errors.Is(err, os.ErrDeadlineExceeded) || n == 32<<20 {
		t.Errorf("write: %d, %v", n, err)
	}
}

// The end of a connection ends a read: in peace, by a reset, and by ourselves.
func TestTheEndEndsReading(t *testing.T) {
	ours, theirs := pair(t)
	check(t, theirs.Close())
	if _, err := ours.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("after the other end was closed: %v; want EOF itself", err)
	}
	ours, theirs = pair(t)
	check(t, theirs.SetLinger(0))
	check(t, theirs.Close())
	if _, err := ours.Read(make([]byte, 1)); err == nil || !strings.Contains(err.Error(), "reset") {
		t.Errorf("after a reset: %v", err)
	}
	if _, err := ours.Write([]byte("anyone?")); err == nil {
		t.Error("writing after a reset is no error")
	}
	ours, _ = pair(t)
	done := make(chan error)
	go func() {
		_, err := ours.Read(make([]byte, 1))
		done <- err
	}()
	check(t, ours.Close())
	if err := <-done; !errors.Is(err, net.ErrClosed) {
		t.Errorf("after it was closed here: %v", err)
	}
}

// A listener that is closed accepts nobody, and an address that is taken is an error that names it.
func TestAClosedListener(t *testing.T) {
	l, err := Listen("127.0.0.1:0")
	check(t, err)
	if _, err := Listen(l.Addr().String()); err == nil || !strings.Contains(err.Error(), l.Addr().String()) {
		t.Errorf("%v", err)
	}
	check(t, l.Close())
	if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("%v", err)
	}
}

// exhausted is a listener of a process that has no descriptor left, so many times.
type exhausted struct {
	net.Listener
	times int
}

func (l *exhausted) Accept() (net.Conn, error) {
	if l.times == 0 {
		return l.Listener.Accept()
	}
	l.times--
	return nil, syscall.EMFILE
}

// Want of descriptors ends nothing: it is told, and the next connection is taken. Whoever quits need not wait for it.
func TestWantOfDescriptorsEndsNothing(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	check(t, err)
	defer l.Close()
	dialed, err := net.Dial("tcp", l.Addr().String())
	check(t, err)
	defer dialed.Close()
	var told strings.Builder
	log, quit := slog.New(slog.NewTextHandler(&told, nil)), make(chan struct{})
	taken, err := Accept(&exhausted{l, 2}, quit, log, "nobody gets in")
	check(t, err)
	check(t, taken.Close())
	if n := strings.Count(told.String(), "nobody gets in"); n != 2 {
		t.Errorf("it was told %d times: %s", n, told.String())
	}
	close(quit)
	if _, err := Accept(&exhausted{l, 1 << 30}, quit, log, ""); !errors.Is(err, net.ErrClosed) {
		t.Errorf("%v", err)
	}
}
