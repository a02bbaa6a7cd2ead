package main

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"
)

func TestBoardWaitsForTheLastListener(t *testing.T) {
	b := newBoard()
	one := b.expect(left, "ann", []string{"bob", "cid"})
	b.hear("bob", left, "ann")
	b.hear("bob", left, "ann")
	b.hear("eve", left, "ann")
	b.hear("cid", entered, "ann")
	short, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := b.wait(short, one); !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "1 of 2") {
		t.Errorf("before the last was told: %v", err)
	}
	one = b.expect(left, "ann", []string{"bob"})
	b.hear("bob", left, "ann")
	if at, err := b.wait(context.Background(), one); err != nil || at.IsZero() {
		t.Errorf("after the last was told: %v, %v", at, err)
	}
}

func TestFiguresAreMediansOverRounds(t *testing.T) {
	r := newResults(io.Discard)
	what := row{by: byExit, size: 2, who: speaker}
	for _, round := range [][]time.Duration{{1, 2, 9}, {3, 4, 5}, {2, 3, 100}} {
		for _, took := range round {
			r.add(what, nameExeunt, took*time.Millisecond, nil)
		}
		r.endRound()
	}
	f, ok := r.cells[what][nameExeunt].figures()
	if want := (figures{p50: 3 * time.Millisecond, p99: 9 * time.Millisecond}); !ok || f != want {
		t.Errorf("got %v; want %v", f, want)
	}
}

// A sample without a time fails the row, however fast the others were.
func TestUntoldFailsTheRow(t *testing.T) {
	r := newResults(io.Discard)
	what := row{by: byRemoval, size: 50, who: speaker}
	r.add(what, nameExeunt, time.Millisecond, nil)
	r.add(what, nameLivekit, time.Second, nil)
	r.endRound()
	if got := verdict(what, r.cells[what]); !strings.HasPrefix(got, "PASS") {
		t.Errorf("got %q", got)
	}
	r.fail(what, nameExeunt, errors.New("never told"))
	if got := verdict(what, r.cells[what]); !strings.HasPrefix(got, "FAIL") {
		t.Errorf("got %q", got)
	}
	if got := r.table(); !strings.Contains(got, "1 of 2 untold") {
		t.Errorf("got %s", got)
	}
}

// A cut wire swallows both ways and closes nothing; a wire that hangs up closes both ends.
func TestWireBreaksAsNetworksDo(t *testing.T) {
	server, err := net.Listen("tcp4", "127.0.0.1:0")
	check(t, err)
	defer server.Close()
	w, err := newWire(server.Addr().String(), "", nil)
	check(t, err)
	defer w.close()
	near, err := net.Dial("tcp4", w.address())
	check(t, err)
	defer near.Close()
	far, err := server.Accept()
	check(t, err)
	defer far.Close()
	say := func(from, to net.Conn, wait time.Duration) error {
		_, err := from.Write([]byte("x"))
		check(t, err)
		check(t, to.SetReadDeadline(time.Now().Add(wait)))
		_, err = to.Read(make([]byte, 1))
		return err
	}
	check(t, say(near, far, time.Minute))
	check(t, say(far, near, time.Minute))
	w.swallowSignalling()
	for _, way := range [][2]net.Conn{{near, far}, {far, near}} {
		if err := say(way[0], way[1], 50*time.Millisecond); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("over a cut wire: %v", err)
		}
	}
	w.hangUp()
	check(t, far.SetReadDeadline(time.Now().Add(time.Minute)))
	if _, err := far.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Errorf("after hanging up: %v", err)
	}
}

func TestUDPWireCarriesBothWaysUntilItIsCut(t *testing.T) {
	server, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.ParseIP(ownIP)})
	check(t, err)
	defer server.Close()
	at := server.LocalAddr().(*net.UDPAddr)
	w, err := newWire("127.0.0.1:1", relayIP, at)
	check(t, err)
	defer w.close()
	member, err := net.DialUDP("udp4", nil, &net.UDPAddr{IP: net.ParseIP(relayIP), Port: at.Port})
	check(t, err)
	defer member.Close()
	_, err = member.Write([]byte("x"))
	check(t, err)
	check(t, server.SetReadDeadline(time.Now().Add(time.Minute)))
	_, from, err := server.ReadFromUDP(make([]byte, 9))
	check(t, err)
	_, err = server.WriteToUDP([]byte("y"), from)
	check(t, err)
	check(t, member.SetReadDeadline(time.Now().Add(time.Minute)))
	_, err = member.Read(make([]byte, 9))
	check(t, err)
	w.swallowAll()
	_, err = server.WriteToUDP([]byte("y"), from)
	check(t, err)
	check(t, member.SetReadDeadline(time.Now().Add(50*time.Millisecond)))
	if _, err = member.Read(make([]byte, 9)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("over a cut wire: %v", err)
	}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
