package main

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"

	"github.com/exeunt/exeunt/bench/servers"
)

// livekit is a LiveKit server under measure.
type livekit struct{ *servers.Livekit }

// startLivekit starts a server whose members reach its media at the given IP address.
func startLivekit(ctx context.Context, binary, mediaIP string, mediaPort int) (*livekit, error) {
	l, err := servers.StartLivekit(ctx, binary, mediaIP, mediaPort)
	if err != nil {
		return nil, err
	}
	return &livekit{l}, nil
}

func (l *livekit) signalling() string { return l.Address }

func (l *livekit) close() { l.Stop() }

func (l *livekit) enter(ctx context.Context, s seat) (member, error) {
	return enterLivekit(ctx, l.Address, s)
}

func (l *livekit) remove(ctx context.Context, room, user string) error {
	return l.call(ctx, "RemoveParticipant", map[string]string{"room": room, "identity": user})
}

func (l *livekit) dismiss(ctx context.Context, room string) error {
	return l.call(ctx, "DeleteRoom", map[string]string{"room": room})
}

// call calls the room service (Twirp, with JSON).
func (l *livekit) call(ctx context.Context, method string, params map[string]string) error {
	body, err := json.Marshal(params)
	if err != nil {
		return err
	}
	url := "http://" + l.Address + "/twirp/livekit.RoomService/" + method
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", "Bearer "+servers.LivekitToken("", servers.Grant{
		"room": params["room"], "roomAdmin": true, "roomCreate": true,
	}))
	_, err = servers.Post(request)
	return err
}
