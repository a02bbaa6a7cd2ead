// Package page writes what was measured into a page, between its markers.
package page

import (
	"fmt"
	"os"
	"strings"
)

// The markers between which the tables stand in a page.
const (
	markBegin = "<!-- bench: begin -->\n"
	markEnd   = "<!-- bench: end -->\n"
)

// Write puts text between the markers of a file.
func Write(file, text string) error {
	page, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("read the page: %w", err)
	}
	changed, err := between(string(page), text)
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return os.WriteFile(file, []byte(changed), 0o644)
}

// between puts text between the markers of a page.
func between(page, text string) (string, error) {
	before, rest, ok := strings.Cut(page, markBegin)
	_, after, closed := strings.Cut(rest, markEnd)
	if !ok || !closed {
		return "", fmt.Errorf("the page has no lines %q and %q", strings.TrimSpace(markBegin), strings.TrimSpace(markEnd))
	}
	return before + markBegin + "\n" + text + "\n" + markEnd + after, nil
}
