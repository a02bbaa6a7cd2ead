package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// resultsDir is where `make test` notes what came of each test: files of lines "result<TAB>place<TAB>name". Git ignores
// it.
const resultsDir = ".results"

// result is what came of a test when it last ran. Of two, the larger is the worse.
type result uint8

const (
	unknown result = iota // Nobody looked yet.
	passed
	notRun
	failed
)

func (r result) String() string {
	return [...]string{"", "passed", "not run", "failed"}[r]
}

// outcome is one line of the results.
type outcome struct {
	name   string
	result result
}

// outcomes are the results by place.
type outcomes map[string][]outcome

// readResults reads whatever was noted; without a folder nothing was.
func readResults(dir string) (outcomes, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.tsv"))
	if err != nil {
		return nil, fmt.Errorf("list the results: %w", err)
	}
	all := outcomes{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("read the results: %w", err)
		}
		for _, line := range strings.Split(string(text), "\n") {
			if cells := strings.SplitN(line, "\t", 3); len(cells) == 3 {
				all[cells[1]] = append(all[cells[1]], outcome{cells[2], readResult(cells[0])})
			}
		}
	}
	return all, nil
}

func readResult(word string) result {
	switch word {
	case "passed":
		return passed
	case "failed":
		return failed
	}
	return notRun
}

// of returns the worst result among the names under which a test ran.
func (o outcomes) of(t foundTest) result {
	worst := unknown
	for _, each := range o[t.place] {
		if t.runs.MatchString(each.name) {
			worst = max(worst, each.result)
		}
	}
	if worst == unknown {
		return notRun
	}
	return worst
}
