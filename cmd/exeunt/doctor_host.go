package main

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"time"

	"github.com/exeunt/exeunt/server/config"
	"github.com/exeunt/exeunt/server/media"
	"github.com/exeunt/exeunt/server/udp"
)

const (
	// spaceWanted is what a data directory may grow to, and spaceMin what the first days of it take.
	spaceWanted, spaceMin = 1 << 30, 64 << 20
	// filesOwn are the open files that are nobody's: listeners, journal, bus.
	filesOwn = 200
	// yearMin and yearMax bound what a clock may say.
	yearMin, yearMax = 2026, 2100
	// gcmWanted is what a processor with AES in hardware does easily, in MB/s; without it, a tenth.
	gcmWanted = 500
	// gcmTime is how long its speed is measured, in slices of which the best counts: others use the processor too.
	gcmTime, gcmSlice = 20 * time.Millisecond, 2 * time.Millisecond
	// burstWait is how long a burst over loopback may take.
	burstWait = 2 * time.Second
)

// checkDataDir says whether what must outlive the process can be kept. It leaves nothing behind.
func checkDataDir(c *config.Config, running bool) finding {
	const check, another = "data-dir", "choose another directory with --data-dir, or give this one to the user that serves"
	if c.DataDir == "" && c.Development() {
		return fine(check, "none: nothing outlives the process")
	}
	if c.DataDir == "" {
		return warn(check, "none: rooms and bans end with the process", "set data-dir to a directory on a local disk")
	}
	if _, err := os.Stat(filepath.Join(c.DataDir, "lock")); err == nil {
		held, err := lock(c.DataDir)
		switch {
		case errors.Is(err, syscall.EWOULDBLOCK) && !running:
			return fail(check, c.DataDir+" is used by another process", "stop it: one process uses a data directory")
		case errors.Is(err, syscall.EWOULDBLOCK): // By the exeunt that runs, as it should be.
		case err != nil:
			return fail(check, err.Error(), another)
		default:
			_ = held.Close()
		}
	}
	dir, err := existing(c.DataDir)
	if err == nil {
		err = writable(dir)
	}
	if err != nil {
		return fail(check, fmt.Sprintf("%s cannot be written: %v", c.DataDir, err), another)
	}
	space, known := freeSpace(dir)
	return judgeSpace(check, c.DataDir, space, known)
}

func judgeSpace(check, dir string, space uint64, known bool) finding {
	found := fmt.Sprintf("%s can be written; %s free", dir, size(space))
	switch {
	case !known:
		return fine(check, "%s can be written", dir)
	case space < spaceMin:
		return fail(check, found, "make room: at least "+size(spaceMin)+", better "+size(spaceWanted))
	case space < spaceWanted:
		return warn(check, found, "make room: it may grow to "+size(spaceWanted))
	default:
		return fine(check, "%s", found)
	}
}

// existing returns the directory, or the nearest one above it that is there: serve makes the rest.
func existing(dir string) (string, error) {
	dir, err := filepath.Abs(dir)
	for err == nil {
		var info fs.FileInfo
		if info, err = os.Stat(dir); err == nil && info.IsDir() {
			return dir, nil
		}
		if err == nil {
			return "", fmt.Errorf("%s is no directory", dir)
		}
		if up := filepath.Dir(dir); errors.Is(err, fs.ErrNotExist) && up != dir {
			dir, err = up, nil
		}
	}
	return "", err
}

// writable really writes: permissions alone do not tell of a disk that is full or mounted to be read.
func writable(dir string) error {
	file, err := os.CreateTemp(dir, ".exeunt-doctor-*")
	if err != nil {
		return err
	}
	_, err = file.WriteString("ok")
	return errors.Join(err, file.Close(), os.Remove(file.Name()))
}

func checkSystem() finding {
	found := fmt.Sprintf("%s/%s, %s", runtime.GOOS, runtime.GOARCH, plural(runtime.GOMAXPROCS(0), "processor"))
	if runtime.GOOS != "linux" {
		return warn("system", found, "use Linux for more than trying it out: elsewhere every packet costs a call of its own")
	}
	return fine("system", "%s", found)
}

// checkClock says whether the clock can be right: UserSigs and signed calls are held against it.
func checkClock(now time.Time) finding {
	if year := now.UTC().Year(); year < yearMin || year > yearMax {
		return fail("clock", fmt.Sprintf("the year is %d: every UserSig would be refused", year),
			"set the clock, best by NTP")
	}
	return fine("clock", "%s", now.UTC().Format("2006-01-02 15:04 UTC"))
}

// checkBursts sends a burst over loopback and takes what arrives.
func checkBursts() finding {
	const check = "bursts"
	whole, err := burst()
	switch {
	case err != nil:
		return fail(check, fmt.Sprintf("media does not get through this host: %v", err),
			"look for a firewall or a sandbox that stops UDP over loopback")
	case !whole:
		return warn(check, "the kernel does not cut bursts: each packet costs a call of its own",
			"nothing is lost by it but processor time; Linux has it from 4.18 on, some sandboxes have not")
	default:
		return fine(check, "the kernel takes the packets of a picture in one call")
	}
}

// burst says whether a burst left whole; the error is that of one that did not arrive.
func burst() (whole bool, err error) {
	const segment = 1000
	from, err := udp.Listen("127.0.0.1:0")
	if err != nil {
		return false, err
	}
	defer from.Close()
	to, err := udp.Listen("127.0.0.1:0")
	if err != nil {
		return false, err
	}
	late := time.AfterFunc(burstWait, func() { _ = to.Close() })
	defer func() {
		late.Stop()
		_ = to.Close()
	}()
	sent := bytes.Repeat([]byte("a burst."), 600)
	from.NewSender().Send(sent, segment, to.Addr())
	batch, got := udp.NewBatch(), []byte(nil)
	err = to.Receive(batch, func(n int) time.Duration {
		for i := range n {
			if b, sender := batch.Packet(i); sender == from.Addr() {
				got = append(got, b...)
			}
		}
		if len(got) < len(sent) && bytes.HasPrefix(sent, got) {
			return 0
		}
		return udp.Enough
	})
	switch {
	case err != nil:
		return false, fmt.Errorf("%d of %d bytes arrived: %w", len(got), len(sent), err)
	case !bytes.Equal(sent, got):
		return false, errors.New("what arrived is not what was sent")
	}
	return from.Bursts(), nil
}

// checkSocket judges a socket as media has them.
func checkSocket(check string, judge func(*udp.Socket) finding) finding {
	socket, err := udp.Listen("127.0.0.1:0")
	if err != nil {
		return fail(check, err.Error(), "look for a sandbox that allows no UDP")
	}
	defer socket.Close()
	return judge(socket)
}

// checkReports looks whether reports wait aside.
func checkReports() finding {
	return checkSocket("reports", func(s *udp.Socket) finding { return judgeReports(s.Diverts()) })
}

func judgeReports(aside bool) finding {
	const check = "reports"
	if aside {
		return fine(check, "what listeners report is put aside until the server is awake anyhow")
	}
	return warn(check, "the kernel does not put reports aside: each of them wakes the server",
		"nothing is lost by it but processor time; Linux has it from 4.5 on, some sandboxes have not")
}

func checkBuffers() finding {
	return checkSocket("buffers", func(s *udp.Socket) finding { return judgeBuffers(s.Buffers()) })
}

// judgeBuffers holds what the kernel gave against what was asked; it doubles what it gives.
func judgeBuffers(receive, send int) finding {
	const check = "buffers"
	receive, send = receive/2, send/2
	if receive == 0 || send == 0 {
		return fine(check, "not known on this system")
	}
	found := fmt.Sprintf("the kernel gives sockets %s to receive and %s to send; asked: %s",
		size(uint64(receive)), size(uint64(send)), size(udp.BufferSize))
	if receive >= udp.BufferSize && send >= udp.BufferSize {
		return fine(check, "%s", found)
	}
	return warn(check, found,
		fmt.Sprintf("sysctl -w net.core.rmem_max=%d net.core.wmem_max=%[1]d", udp.BufferSize),
		"and the same in a file of /etc/sysctl.d, to keep it; of the host itself, where this is a container")
}

// checkFiles holds the limit of open files against the sessions that are allowed: each has a connection for its
// signals, and another for its media where UDP is blocked.
func checkFiles(limit uint64, known bool) finding {
	const check = "open files"
	const raise = "raise it: LimitNOFILE= in the unit, ulimit -n in a shell, --ulimit nofile= of a container"
	const wanted = 2 * media.SessionsMaxDefault
	switch {
	case !known:
		return fine(check, "no limit is known on this system")
	case limit < 2*filesOwn:
		return fail(check, fmt.Sprintf("the limit is %d: too few to serve anybody", limit), raise)
	case limit < wanted:
		found := fmt.Sprintf("the limit is %d: enough for about %d of %d members if UDP is blocked for all of them",
			limit, (limit-filesOwn)/2, media.SessionsMaxDefault)
		return warn(check, found, raise)
	default:
		return fine(check, "the limit is %d: enough for %d members", limit, media.SessionsMaxDefault)
	}
}

// checkAES tells a processor without AES in hardware by its speed, in MB/s.
func checkAES(speed float64) finding {
	found := fmt.Sprintf("AES-GCM runs at %.0f MB/s on one processor", speed)
	if speed < gcmWanted {
		return warn("encryption", found,
			"sealing packets will cost most of the time: use a processor (or a virtual one) with AES instructions")
	}
	return fine("encryption", "%s", found)
}

// gcmSpeed seals packets for a while.
func gcmSpeed() (best float64) {
	block, err := aes.NewCipher(make([]byte, 16))
	if err != nil {
		return 0
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		return 0
	}
	nonce, packet := make([]byte, gcm.NonceSize()), make([]byte, 1200, 1200+gcm.Overhead())
	for begun := time.Now(); time.Since(begun) < gcmTime; {
		slice, sealed := time.Now(), 0
		for time.Since(slice) < gcmSlice {
			gcm.Seal(packet[:0], nonce, packet[:1200], nil)
			sealed += 1200
		}
		best = max(best, float64(sealed)/time.Since(slice).Seconds()/1e6)
	}
	return best
}

// size writes bytes for people.
func size(n uint64) string {
	switch {
	case n >= 10<<30:
		return fmt.Sprintf("%d GiB", n>>30)
	case n >= 1<<30:
		return fmt.Sprintf("%.1f GiB", float64(n)/(1<<30))
	case n >= 1<<20:
		return fmt.Sprintf("%d MiB", n>>20)
	default:
		return fmt.Sprintf("%d KiB", n>>10)
	}
}
