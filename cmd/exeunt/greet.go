package main

import (
	"fmt"
	"io"
	"net"
	"strings"

	"github.com/exeunt/exeunt/server/config"
)

// greet tells a person what runs where. Its first line is also what scripts wait for.
func greet(w io.Writer, c *config.Config, s *server) error {
	var b strings.Builder
	page := "http://" + s.pages.address.String()
	if host, port, err := net.SplitHostPort(s.pages.address.String()); err == nil && config.Loopback(host) {
		page = "http://localhost:" + port
	}
	if c.Development() {
		fmt.Fprintf(&b, "exeunt is ready. Open %s in a browser.\n\n", page)
	} else {
		fmt.Fprintf(&b, "exeunt is ready at %s.\n\n", page)
	}
	fmt.Fprintf(&b, "  signalling   ws%s/signal\n", strings.TrimPrefix(page, "http"))
	fmt.Fprintf(&b, "  media        %s, UDP and TCP%s\n", c.MediaAddr, further(s.media.Ports()))
	if s.relay != nil {
		fmt.Fprintf(&b, "  TURN         %s\n", strings.Join(s.relay.URLs(), ", "))
	}
	fmt.Fprintf(&b, "  control API  http://%s\n", s.control.address)
	if c.Development() {
		fmt.Fprint(&b, "\nDevelopment mode: no app is configured, so this machine only, "+
			"with credentials that everybody knows:\n")
		fmt.Fprintf(&b, "  SdkAppId     %d\n", config.DevelopmentSdkAppID)
		fmt.Fprintf(&b, "  app secret   %s\n", config.DevelopmentSecret)
		fmt.Fprintf(&b, "  SecretId     %s\n", config.DevelopmentSecretID)
		fmt.Fprintf(&b, "  SecretKey    %s\n", config.DevelopmentSecretKey)
		fmt.Fprintf(&b, "\nTry: exeunt join --room 7 --user bot --publish   ·   exeunt room list   ·   Ctrl-C stops\n")
	}
	_, err := io.WriteString(w, b.String()+"\n")
	return err
}

// further names the UDP ports of media after the first.
func further(ports []uint16) string {
	if len(ports) < 2 {
		return ""
	}
	first, last := ports[1], ports[len(ports)-1]
	switch {
	case len(ports) == 2:
		return fmt.Sprintf("; UDP %d", first)
	case int(last-first) == len(ports)-2:
		return fmt.Sprintf("; UDP %d to %d", first, last)
	default:
		return fmt.Sprintf("; %d more UDP ports", len(ports)-1) // Any were asked for.
	}
}
