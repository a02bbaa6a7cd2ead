//go:build linux

package main

import (
	"strings"
	"testing"
)

func TestWhatJanusSaysIsRead(t *testing.T) {
	n, err := parseNote([]byte(`{"janus":"event","plugindata":{"plugin":"x","data":{"videoroom":"joined","id":77}},` +
		`"jsep":{"type":"offer","sdp":"v=0"}}`))
	if err != nil || n.Plugin.Data.Event != "joined" || n.Plugin.Data.ID != 77 || n.JSEP.SDP != "v=0" {
		t.Errorf("got %+v, %v", n, err)
	}
	for text, want := range map[string]string{
		`{"janus":"error","error":{"code":458,"reason":"No such session"}}`:                           "No such session",
		`{"janus":"event","plugindata":{"data":{"videoroom":"event","error":"No such room (1234)"}}}`: "No such room",
		`nothing`: "read what Janus says",
	} {
		if _, err := parseNote([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v; want %q", text, err, want)
		}
	}
}
