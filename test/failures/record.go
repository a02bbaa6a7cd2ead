package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// module is the prefix of our packages.
const module = "github.com/exeunt/exeunt"

// event is a line of `go test -json` (go doc test2json).
type event struct {
	Action, Package, Test, Output string
}

// record runs `go test -json` with more arguments, prints what a person wants to see of it, notes the results, and
// returns the exit code of the tests. The arguments may begin with "-C DIR", for a module of its own.
func record(args []string) int {
	file := "go.tsv"
	all := append([]string{"test", "-json"}, args...)
	if len(args) > 1 && args[0] == "-C" {
		file = "go-" + strings.ReplaceAll(args[1], "/", "-") + ".tsv"
		all = append([]string{"test", "-C", args[1], "-json"}, args[2:]...) // -C must come first.
	}
	test := exec.Command("go", all...)
	test.Stderr = os.Stderr
	out, err := test.StdoutPipe()
	if err == nil {
		err = test.Start()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "run the tests:", err)
		return 1
	}
	noted, readErr := digest(out, os.Stdout)
	err = test.Wait()
	if readErr == nil {
		readErr = note(file, noted)
	}
	if readErr != nil {
		fmt.Fprintln(os.Stderr, "note the results:", readErr)
		return 1
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return exit.ExitCode()
	}
	if err != nil {
		return 1
	}
	return 0
}

// digest reads events, writes what `go test` without -v would print, and returns the lines of results.
func digest(events io.Reader, people io.Writer) (string, error) {
	var noted strings.Builder
	said := map[string]*strings.Builder{} // What each running test printed: only a failed one is heard.
	lines := bufio.NewReader(events)
	for {
		line, err := lines.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return noted.String(), nil
		}
		if err != nil {
			return "", fmt.Errorf("read the events of go test: %w", err)
		}
		var e event
		if json.Unmarshal(line, &e) != nil {
			fmt.Fprintf(people, "%s", line) // Not of the tests, but of the tool.
			continue
		}
		key := e.Package + " " + e.Test
		switch {
		case e.Action == "build-output" || (e.Action == "output" && e.Test == "" && e.Output != "PASS\n"):
			fmt.Fprint(people, e.Output)
		case e.Action == "output" && e.Test != "":
			if said[key] == nil {
				said[key] = &strings.Builder{}
			}
			said[key].WriteString(e.Output)
		case e.Test != "" && (e.Action == "pass" || e.Action == "fail" || e.Action == "skip"):
			fmt.Fprintf(&noted, "%s\t%s\t%s\n", outcomeOf[e.Action], placeOf(e.Package), e.Test)
			if e.Action == "fail" && said[key] != nil {
				fmt.Fprint(people, said[key].String())
			}
			delete(said, key)
		}
	}
}

// outcomeOf gives the actions of go test our words.
var outcomeOf = map[string]string{"pass": "passed", "fail": "failed", "skip": "not run"}

// placeOf returns the folder of a package.
func placeOf(pkg string) string {
	return strings.TrimPrefix(strings.TrimPrefix(pkg, module), "/")
}

// note writes a file of results.
func note(name, text string) error {
	if err := os.MkdirAll(resultsDir, 0o755); err != nil {
		return fmt.Errorf("make the folder of results: %w", err)
	}
	return os.WriteFile(filepath.Join(resultsDir, name), []byte(text), 0o644)
}
