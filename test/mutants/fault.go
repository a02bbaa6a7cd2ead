package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// fault is one change that a test must notice.
type fault struct {
	name string
	// file is where it is planted, below the repository's root.
	file string
	// why says what breaks, with the row or the invariant that forbids it.
	why string
	// runs are the commands of which one must fail.
	runs []command
	// before and after are whole lines.
	before, after string
}

// readFaults reads every list of a folder.
func readFaults(dir string) ([]fault, error) {
	lists, err := filepath.Glob(filepath.Join(dir, "*.txt"))
	if err != nil {
		return nil, fmt.Errorf("list the lists: %w", err)
	}
	var all []fault
	for _, list := range lists {
		text, err := os.ReadFile(list)
		if err != nil {
			return nil, fmt.Errorf("read the faults: %w", err)
		}
		faults, err := parseFaults(string(text))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", list, err)
		}
		all = append(all, faults...)
	}
	return all, nil
}

// parseFaults reads a list: a fault is a line "== name", lines "in", "why" and "run", and then the change, as a diff
// shows it: lines that begin with a minus go, with a plus come, with a bar stay.
func parseFaults(text string) ([]fault, error) {
	var all []fault
	for i, line := range strings.Split(text, "\n") {
		if name, begins := strings.CutPrefix(line, "== "); begins {
			all = append(all, fault{name: name})
			continue
		}
		if len(all) == 0 || line == "" {
			continue // What stands before the first fault explains the list.
		}
		if err := all[len(all)-1].take(line); err != nil {
			return nil, fmt.Errorf("line %d: %w", i+1, err)
		}
	}
	for _, f := range all {
		if f.file == "" || f.why == "" || len(f.runs) == 0 || f.before == f.after || f.before == "" {
			return nil, fmt.Errorf("%q needs in, why, run, and a change", f.name)
		}
	}
	return all, nil
}

// take reads one line of a fault.
func (f *fault) take(line string) error {
	switch line[0] {
	case '-':
		f.before += line[1:] + "\n"
		return nil
	case '+':
		f.after += line[1:] + "\n"
		return nil
	case '|':
		f.before += line[1:] + "\n"
		f.after += line[1:] + "\n"
		return nil
	}
	word, rest, _ := strings.Cut(line, " ")
	rest = strings.TrimSpace(rest)
	switch word {
	case "in":
		f.file = rest
	case "why":
		f.why = rest
	case "run":
		c, err := parseCommand(rest)
		f.runs = append(f.runs, c)
		return err
	default:
		return fmt.Errorf("%q is neither in, why, run, nor a changed line", word)
	}
	return nil
}

// checkFaults holds the faults to the tree: each can be planted in exactly one way, and has a name of its own.
func checkFaults(root string, faults []fault) error {
	var wrong []error
	var names []string
	for _, f := range faults {
		if slices.Contains(names, f.name) {
			wrong = append(wrong, fmt.Errorf("two faults are called %q", f.name))
		}
		names = append(names, f.name)
		text, err := os.ReadFile(filepath.Join(root, f.file))
		if err != nil {
			wrong = append(wrong, fmt.Errorf("%q: %w", f.name, err))
			continue
		}
		if _, err := f.plant(string(text)); err != nil {
			wrong = append(wrong, err)
		}
	}
	return errors.Join(wrong...)
}

// plant returns the text with the fault in it.
func (f fault) plant(text string) (string, error) {
	// Whole lines: what stands before the lines must be the end of another.
	lines, before := "\n"+text, "\n"+f.before
	first := strings.Index(lines, before)
	switch {
	case first < 0:
		return "", fmt.Errorf("%q: its lines do not stand in %s any more; write it anew", f.name, f.file)
	case strings.Contains(lines[first+1:], before):
		return "", fmt.Errorf("%q: its lines stand more than once in %s; take more of them", f.name, f.file)
	}
	return text[:first] + f.after + lines[first+len(before):], nil
}
