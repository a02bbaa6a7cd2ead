package rig

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/exeunt/exeunt/server/api"
	"github.com/exeunt/exeunt/server/usersig"
)

// UserSig is a credential of a user of the app, for an hour.
func (a App) UserSig(user string) string {
	return usersig.Sign(a.SdkAppID, user, a.Secret, time.Hour, time.Now())
}

// Reply is an answer of the control API: the fields that tests read.
type Reply struct {
	Error          struct{ Code, Message string }
	RemovedUserIds []string
	RemovedTotal   int
	Room           *api.Room
	Bans           []Ban
	AbsentBanIds   []string
}

// Ban is a ban that the server keeps.
type Ban struct {
	BanID  string `json:"BanId"`
	UserID string `json:"UserId"`
}

// The codes of errors that tests expect.
const (
	NoRoom  = "FailedOperation.RoomNotExist"
	TooMany = "RequestLimitExceeded"
)

// Call calls an action of the control API as the back end of the app does. An error is a call whose outcome is not
// known; a refusal is in the reply.
func (s *Server) Call(ctx context.Context, app App, action string, params map[string]any) (Reply, error) {
	all := maps.Clone(params)
	all["SdkAppId"] = app.SdkAppID
	body, err := json.Marshal(all)
	if err != nil {
		return Reply{}, fmt.Errorf("call %s: %w", action, err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.Control, bytes.NewReader(body))
	if err != nil {
		return Reply{}, fmt.Errorf("call %s: %w", action, err)
	}
	// A call that is sent twice would be done twice, so net/http must not send it again by itself.
	request.GetBody = nil
	request.Header.Set("Content-Type", "application/json")
	for name, value := range map[string]string{
		"X-TC-Action": action, "X-TC-Version": "2019-07-22", "X-TC-Region": "ap-guangzhou",
	} {
		request.Header.Set(name, value)
	}
	api.SignTC3(request, body, app.Keys[0].SecretID, app.Keys[0].SecretKey, time.Now())
	text, err := s.fetch(request)
	if err != nil {
		return Reply{}, fmt.Errorf("call %s: %w", action, err)
	}
	var answer struct{ Response Reply }
	if err := json.Unmarshal(text, &answer); err != nil {
		return Reply{}, fmt.Errorf("call %s: read the answer %.100q: %w", action, text, err)
	}
	return answer.Response, nil
}

// Numbers reads what the server counts, by name (with labels as they stand).
func (s *Server) Numbers(ctx context.Context) (map[string]float64, error) {
	text, err := s.Get(ctx, "/metrics")
	if err != nil {
		return nil, err
	}
	numbers := map[string]float64{}
	for line := range strings.Lines(string(text)) {
		name, value, ok := strings.Cut(strings.TrimSpace(line), " ")
		if n, err := strconv.ParseFloat(value, 64); ok && err == nil {
			numbers[name] = n
		}
	}
	return numbers, nil
}
