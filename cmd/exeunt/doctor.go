package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"github.com/exeunt/exeunt/server/config"
)

// DoctorCmd looks whether this host has what a server with these settings needs. It changes nothing.
type DoctorCmd struct {
	Settings unchecked `embed:""`
	JSON     bool      `name:"json" help:"Write the findings as JSON."`
}

// unchecked are settings that the parser lets pass: a wrong one is a finding among others.
type unchecked config.Config

// Run looks, and fails when there is a problem.
func (c *DoctorCmd) Run(ctx *kong.Context) error {
	settings := config.Config(c.Settings)
	all := examine(&settings)
	write := writeList
	if c.JSON {
		write = writeJSON
	}
	if err := write(ctx.Stdout, all); err != nil {
		return err
	}
	if n := count(all, stateProblem); n > 0 {
		return errors.New(plural(n, "problem"))
	}
	return nil
}

// state says how serious a finding is.
type state string

const (
	// stateOK needs nothing.
	stateOK state = "ok"
	// stateWarning works, but not as well as it could, or not for everybody.
	stateWarning state = "warning"
	// stateProblem keeps the server from starting, or from being of use.
	stateProblem state = "problem"
)

// finding is the outcome of one check.
type finding struct {
	Check string `json:"check"`
	State state  `json:"state"`
	Found string `json:"found"`
	// Do are the steps that make it better, one a line.
	Do []string `json:"do,omitempty"`
}

// fine, warn and fail make findings.
func fine(check, format string, args ...any) finding {
	return finding{Check: check, State: stateOK, Found: fmt.Sprintf(format, args...)}
}

func warn(check, found string, do ...string) finding { return finding{check, stateWarning, found, do} }

func fail(check, found string, do ...string) finding { return finding{check, stateProblem, found, do} }

// examine makes all checks, in the order in which one would set up a host.
func examine(c *config.Config) []finding {
	all := checkSettings(c)
	ports, running := checkPorts(c)
	all = append(all, ports...)
	all = append(all, checkShards(c, running))
	// Without interfaces there is none to show; what is bound still counts.
	interfaces, _ := net.InterfaceAddrs()
	all = append(all, checkCertificate(c, time.Now())...)
	return append(all,
		checkReach(c, interfaces),
		checkDataDir(c, running),
		checkSystem(),
		checkClock(time.Now()),
		checkBursts(),
		checkReports(),
		checkBuffers(),
		checkFiles(fileLimit()),
		checkAES(gcmSpeed()),
	)
}

// checkSettings says what serve would refuse. The errors name fields and limits, never a secret.
func checkSettings(c *config.Config) []finding {
	const check = "settings"
	err := errors.Join(c.Validate(), checkPolicies(c))
	switch {
	case err != nil:
		var all []finding
		for line := range strings.Lines(err.Error()) {
			all = append(all, fail(check, strings.TrimSpace(line)))
		}
		return all
	case c.Development():
		return []finding{fine(check, "valid: development mode, with keys that everybody knows, on this machine only")}
	default:
		return []finding{fine(check, "valid: %s", plural(len(c.Apps), "app"))}
	}
}

// writeList writes for a person: one line a check, and below it what to do.
func writeList(w io.Writer, all []finding) error {
	var b strings.Builder
	fmt.Fprintf(&b, "exeunt %s looks at this host\n\n", version)
	for _, f := range all {
		// The texts hold what the system and strangers' settings say.
		fmt.Fprintf(&b, "  %-7s  %-12s  %s\n", f.State, f.Check, plain(f.Found))
		for _, step := range f.Do {
			fmt.Fprintf(&b, "  %-7s  %-12s  → %s\n", "", "", plain(step))
		}
	}
	fmt.Fprintf(&b, "\n%s, %s, %d ok\n",
		plural(count(all, stateProblem), "problem"), plural(count(all, stateWarning), "warning"), count(all, stateOK))
	_, err := io.WriteString(w, b.String())
	return err
}

// writeJSON writes for a machine.
func writeJSON(w io.Writer, all []finding) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(struct {
		Version string    `json:"version"`
		OK      bool      `json:"ok"`
		Checks  []finding `json:"checks"`
	}{version, count(all, stateProblem) == 0, all})
}

func count(all []finding, s state) (n int) {
	for _, f := range all {
		if f.State == s {
			n++
		}
	}
	return n
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
