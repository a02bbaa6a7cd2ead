package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"time"

	"github.com/exeunt/exeunt/server/api"
	"github.com/exeunt/exeunt/server/config"
)

// control is the way to the control API of a server.
type control struct {
	Endpoint string `default:"http://127.0.0.1:8082" env:"EXEUNT_ENDPOINT" help:"The control API of the server."`
	App      uint32 `default:"1400000000" env:"EXEUNT_APP" help:"The SdkAppId."`
	SecretID string `env:"EXEUNT_SECRET_ID" help:"The id of the key; in development mode the built-in one."`
	// A flag would show the key to every process of the machine.
	SecretKey string `kong:"-"`
	JSON      bool   `help:"Print JSON."`
}

const (
	// callWait is a little longer than the server takes at most.
	callWait = 30 * time.Second
	// answerMax bounds an answer: a thousand rooms, or a thousand members, with room to spare.
	answerMax = 16 << 20
)

// AfterApply takes the key from the environment; in development mode it is the built-in one.
func (c *control) AfterApply() error {
	if u, err := url.Parse(c.Endpoint); err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return fmt.Errorf("--endpoint is %q: it must be an address such as http://127.0.0.1:8082", c.Endpoint)
	}
	c.SecretKey = os.Getenv("EXEUNT_SECRET_KEY")
	if c.SecretID == "" && c.SecretKey == "" && c.App == config.DevelopmentSdkAppID {
		c.SecretID, c.SecretKey = config.DevelopmentSecretID, config.DevelopmentSecretKey
	}
	if c.SecretID == "" || c.SecretKey == "" {
		return fmt.Errorf("set EXEUNT_SECRET_ID and EXEUNT_SECRET_KEY to a key of app %d", c.App)
	}
	return nil
}

// answer is what the control API says.
type answer struct {
	Rooms        []api.Room
	Room         api.Room
	Removed      []string `json:"RemovedUserIds"`
	Absent       []string `json:"AbsentUserIds"`
	RemovedTotal int
	Policy       map[string]string
	Bans         []api.Ban
	Total        int
	AbsentBans   []string `json:"AbsentBanIds"`
	Error        *api.Error
}

// The exit codes of a call that was refused; [exitRefused] is the other one.
const exitNoRoom = 3

// refused is a call that the server refused.
type refused struct{ code, message string }

func (r *refused) Error() string { return fmt.Sprintf("%s (%s)", r.message, r.code) }

// ExitCode is what the process returns.
func (r *refused) ExitCode() int {
	if r.code == "FailedOperation.RoomNotExist" {
		return exitNoRoom
	}
	return exitRefused
}

// call asks the server to do one thing for the app.
func (c *control) call(ctx context.Context, action string, params map[string]any) (*answer, error) {
	ctx, cancel := context.WithTimeout(ctx, callWait)
	defer cancel()
	params["SdkAppId"] = c.App
	body, err := json.Marshal(params)
	if err != nil {
		return nil, fmt.Errorf("write %s as JSON: %w", action, err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.Endpoint, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("make a request to %s: %w", c.Endpoint, err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("X-TC-Action", action)
	request.Header.Set("X-TC-Version", api.Version)
	request.Header.Set("X-TC-Region", "ap-guangzhou")
	api.SignTC3(request, body, c.SecretID, c.SecretKey, time.Now())
	text, err := send(request)
	if err != nil {
		return nil, fmt.Errorf("cannot ask the control API at %s; does \"exeunt serve\" run there? %w", c.Endpoint, err)
	}
	var envelope struct{ Response *answer }
	if err := json.Unmarshal(text, &envelope); err != nil || envelope.Response == nil {
		return nil, fmt.Errorf("%s does not answer as a control API does; is it the right port?", c.Endpoint)
	}
	if e := envelope.Response.Error; e != nil {
		return nil, &refused{code: e.Code, message: e.Message}
	}
	return envelope.Response, nil
}

// send makes a request and reads the whole answer. A signed call goes where it was signed for, and nowhere else.
func send(request *http.Request) ([]byte, error) {
	client := http.Client{
		Transport:     &http.Transport{Proxy: http.ProxyFromEnvironment, DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	response, err := client.Do(request)
	if err != nil {
		// The URL stands in our own sentence already.
		if outer := (*url.Error)(nil); errors.As(err, &outer) {
			err = outer.Err
		}
		return nil, err
	}
	text, err := io.ReadAll(io.LimitReader(response.Body, answerMax))
	return text, errors.Join(err, response.Body.Close())
}
