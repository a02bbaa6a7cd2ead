//go:build linux

package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"
)

// takeProfile takes a CPU profile of the server while media still flows, when one was asked for and the server can. It
// comes after what is measured: a profile costs time itself.
func (o options) takeProfile(ctx context.Context, s service) error {
	if o.profile == "" {
		return nil
	}
	if _, ours := s.(exeunt); !ours {
		return nil
	}
	url := fmt.Sprintf("%s/debug/pprof/profile?seconds=%d", s.debug(), o.seconds)
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("take a profile: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK || response.Header.Get("Content-Type") != "application/octet-stream" {
		// The control API answers paths that it does not know, too.
		fmt.Fprintln(os.Stderr, "forward: no profile: exeunt has no /debug/pprof beside its control API")
		return nil
	}
	file, err := os.Create(o.profile)
	if err != nil {
		return fmt.Errorf("keep the profile: %w", err)
	}
	if _, err := io.Copy(file, response.Body); err != nil {
		_ = file.Close()
		return fmt.Errorf("keep the profile: %w", err)
	}
	return file.Close()
}

// profileLasts is how much longer a measurement takes because of a profile.
func (o options) profileLasts() time.Duration {
	if o.profile == "" {
		return 0
	}
	return o.lasts()
}
