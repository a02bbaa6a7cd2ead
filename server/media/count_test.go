package media

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/exeunt/exeunt/server/metrics"
)

// What the kernel did not take, whether it takes bursts, and what a session's media is secured with are counted.
func TestTheMediaPathIsCounted(t *testing.T) {
	m := metrics.New()
	engine := countedEngine(t, m)
	a := publishPicture(t, engine, "a")
	defer stream(a.video, named("a"))()
	_, track := watch(t, engine, "a")
	until(t, track, "a") // Now both have keys.

	engine.mu.Lock()
	tooLong := make([]byte, 1<<17)
	engine.out.sender.Send(tooLong, len(tooLong), engine.socket.Addr())
	engine.countSocket()
	engine.countSocket()
	engine.mu.Unlock()
	page := httptest.NewRecorder()
	m.Handler().ServeHTTP(page, httptest.NewRequest("GET", "/metrics", nil))
	bursts := map[bool]string{true: "exeunt_bursts 1", false: "exeunt_bursts 0"}[engine.socket.Bursts()]
	for _, want := range []string{
		"exeunt_datagrams_lost_total 1\n", bursts + "\n", `exeunt_media_sessions_total{profile="SRTP_AEAD_AES_128_GCM"} 2`,
	} {
		if !strings.Contains(page.Body.String(), want) {
			t.Errorf("the page lacks %s", want)
		}
	}
}
