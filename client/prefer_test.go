package client

import (
	"context"
	"reflect"
	"testing"

	"github.com/exeunt/exeunt/server/wire"
)

// Layers: what is wanted of others is said as it is, and what others take comes as an event.
func TestLayersAreAskedForAndToldOf(t *testing.T) {
	asked := make(chan *wire.Prefer, 1)
	url := serve(t, func(l *line) {
		l.welcome()
		wish := l.until(func(f *wire.ClientFrame) bool { return f.GetPrefer() != nil })
		asked <- wish.GetPrefer()
		l.say(&wire.ServerFrame{Frame: &wire.ServerFrame_Encode{Encode: &wire.Encode{
			Stream: wire.Stream_STREAM_BIG, Layers: []string{"h", "l"},
		}}}, exited(1, "removed"))
	})
	c := enter(t, Config{URL: url, RoomID: 7})
	if err := c.Prefer(context.Background(), "ann", Big, Low); err != nil {
		t.Fatal(err)
	}
	p := <-asked
	if p.GetUserId() != "ann" || p.GetStream() != wire.Stream_STREAM_BIG || p.GetQuality() != wire.Quality_QUALITY_LOW {
		t.Errorf("asked for %v", p)
	}
	if got := next(t, c); !reflect.DeepEqual(got, Encode{Stream: Big, Layers: []string{"h", "l"}}) {
		t.Errorf("got %#v", got)
	}
}
