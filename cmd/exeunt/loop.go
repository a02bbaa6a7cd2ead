package main

import (
	"context"
	_ "embed" // The test tone and the test picture.
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/exeunt/exeunt/client"
)

// tone and picture are four seconds each that repeat without a seam: Opus and VP8, made by testmedia/record.mjs.
var (
	//go:embed testmedia/tone.ivf
	tone []byte
	//go:embed testmedia/picture.ivf
	picture []byte
)

// clip is encoded media to be repeated.
type clip struct {
	frames [][]byte
	every  time.Duration
	// keys says which frames can be decoded without those before them; nil when all can.
	keys []bool
}

// errClip says that an embedded file is broken.
var errClip = errors.New("not an IVF file of this program")

// readIVF takes an IVF file apart: 32 bytes of header, then frames with 12 bytes before each.
func readIVF(file []byte) (clip, error) {
	if len(file) < 32 || string(file[:4]) != "DKIF" {
		return clip{}, errClip
	}
	rate := binary.LittleEndian.Uint32(file[16:])
	scale := binary.LittleEndian.Uint32(file[20:])
	if rate == 0 || scale == 0 {
		return clip{}, errClip
	}
	c := clip{every: time.Second * time.Duration(scale) / time.Duration(rate)}
	vp8 := string(file[8:12]) == "VP80"
	for rest := file[32:]; len(rest) > 0; {
		if len(rest) < 12 {
			return clip{}, errClip
		}
		size := uint64(binary.LittleEndian.Uint32(rest))
		if size == 0 || uint64(len(rest)) < 12+size {
			return clip{}, errClip
		}
		frame := rest[12 : 12+size]
		c.frames = append(c.frames, frame)
		if vp8 {
			// RFC 6386 §9.1: the lowest bit of a frame is 0 for a key frame.
			c.keys = append(c.keys, frame[0]&1 == 0)
		}
		rest = rest[12+size:]
	}
	if len(c.frames) == 0 || (vp8 && !c.keys[0]) {
		return clip{}, errClip
	}
	return c, nil
}

// play repeats the clip until ctx is over. Whoever wishes for a key frame gets the clip's next one at once.
func (c clip) play(ctx context.Context, to *client.Outlet) {
	ticker := time.NewTicker(c.every)
	defer ticker.Stop()
	for n := 0; ; n = (n + 1) % len(c.frames) {
		// What cannot be sent is lost, as on any network; the stay's events tell when it is over.
		_ = to.WriteFrame(c.frames[n], c.every)
		select {
		case <-to.KeyFrameWishes():
			n = c.beforeKey(n)
		default:
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}

// beforeKey returns the place before the next key frame after n.
func (c clip) beforeKey(n int) int {
	if c.keys == nil {
		return n
	}
	for !c.keys[(n+1)%len(c.frames)] {
		n = (n + 1) % len(c.frames)
	}
	return n
}

// publishTest sends the test tone and the test picture until stop is called.
func publishTest(member *client.Client) (stop func(), err error) {
	ctx, cancel := context.WithCancel(context.Background())
	var playing sync.WaitGroup
	stop = func() {
		cancel()
		playing.Wait()
	}
	for stream, file := range map[client.Stream][]byte{client.Audio: tone, client.Big: picture} {
		c, err := readIVF(file)
		if err != nil {
			stop()
			return nil, fmt.Errorf("read the test %v: %w", stream, err)
		}
		outlet, err := member.Publish(ctx, stream)
		if err != nil {
			stop()
			return nil, fmt.Errorf("publish the test %v: %w", stream, err)
		}
		playing.Go(func() { c.play(ctx, outlet) })
	}
	return stop, nil
}
