package main

import (
	"fmt"
	"os"
	"path"
	"regexp"
	"strings"
)

// rowsFile is the catalogue, below the repository's root.
const rowsFile = "test/failures/rows.txt"

// sections are the letters of the catalogue and how many rows each has, so that none gets lost.
var sections = []struct {
	letter string
	rows   int
}{
	{"A", 12},
	{"B", 12},
	{"C", 23},
	{"D", 13},
	{"E", 12},
	{"F", 15},
	{"G", 14},
	{"H", 6},
	{"I", 10},
	{"J", 13},
	{"K", 12},
	{"L", 5},
	{"M", 2},
}

// row is one failure.
type row struct {
	id, wrong string
	// named are the tests that the file names beside those that carry the id.
	named []string
	// none says why no test holds the row.
	none string
	// section is the heading above the row, when it is the first under it.
	section string

	tests  []foundTest
	result result
}

// readRows reads the catalogue and checks that it is whole.
func readRows(root string) ([]row, error) {
	text, err := os.ReadFile(path.Join(root, rowsFile))
	if err != nil {
		return nil, fmt.Errorf("read the rows: %w", err)
	}
	rows, err := parseRows(string(text))
	if err != nil {
		return nil, err
	}
	return rows, checkWhole(rows)
}

var heading = regexp.MustCompile(`^# ([A-M]\. .*)$`)

func parseRows(text string) ([]row, error) {
	var rows []row
	section := ""
	for i, line := range strings.Split(text, "\n") {
		if match := heading.FindStringSubmatch(line); match != nil {
			section = match[1]
		}
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		r, err := parseRow(line)
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", rowsFile, i+1, err)
		}
		r.section, section = section, ""
		rows = append(rows, r)
	}
	return rows, nil
}

func parseRow(line string) (row, error) {
	cells := strings.Split(line, " | ")
	if len(cells) < 2 || len(cells) > 3 {
		return row{}, fmt.Errorf("a row has an id, what goes wrong, and perhaps held: or none:, not %d cells", len(cells))
	}
	r := row{id: strings.TrimSpace(cells[0]), wrong: strings.TrimSpace(cells[1])}
	if len(cells) == 2 {
		return r, nil
	}
	kind, rest, _ := strings.Cut(strings.TrimSpace(cells[2]), ": ")
	switch kind {
	case "held":
		for _, name := range strings.Split(rest, ";") {
			r.named = append(r.named, strings.TrimSpace(name))
		}
	case "none":
		r.none = rest
	default:
		return row{}, fmt.Errorf("the third cell begins with held or none, not %q", kind)
	}
	return r, nil
}

// checkWhole holds the rows to the sections: every id once, in order.
func checkWhole(rows []row) error {
	i := 0
	for _, s := range sections {
		for n := range s.rows {
			want := fmt.Sprintf("%s%d", s.letter, n+1)
			if i == len(rows) || rows[i].id != want {
				return fmt.Errorf("%s: row %s is missing or out of order", rowsFile, want)
			}
			i++
		}
	}
	if i < len(rows) {
		return fmt.Errorf("%s: row %s is one too many", rowsFile, rows[i].id)
	}
	return nil
}
