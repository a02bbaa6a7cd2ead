package main

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
)

// catalogue is every row with the tests that hold it.
type catalogue struct{ rows []row }

// readCatalogue reads the rows and finds their tests in the repository at root.
func readCatalogue(root string) (*catalogue, error) {
	rows, err := readRows(root)
	if err != nil {
		return nil, err
	}
	tests, err := findTests(root)
	if err != nil {
		return nil, err
	}
	return assign(rows, tests)
}

// assign gives each row its tests: those that carry its id, and those that it names.
func assign(rows []row, tests []foundTest) (*catalogue, error) {
	byID := map[string]int{}
	for i, r := range rows {
		byID[r.id] = i
	}
	var wrong []error
	for _, t := range tests {
		for _, id := range t.ids {
			i, known := byID[id]
			if !known {
				wrong = append(wrong, fmt.Errorf("%s: %q names row %s, which does not exist", t.file, t.name, id))
				continue
			}
			rows[i].tests = append(rows[i].tests, t)
		}
	}
	for i := range rows {
		for _, name := range rows[i].named {
			holders := slices.DeleteFunc(slices.Clone(tests), func(t foundTest) bool { return t.name != name })
			if len(holders) == 0 {
				wrong = append(wrong, fmt.Errorf("row %s names %q, and no test is called so", rows[i].id, name))
			}
			rows[i].tests = append(rows[i].tests, holders...)
		}
		rows[i].tests = sorted(rows[i].tests)
	}
	return &catalogue{rows}, errors.Join(wrong...)
}

// sorted orders tests by place and name, each once.
func sorted(tests []foundTest) []foundTest {
	slices.SortFunc(tests, func(a, b foundTest) int {
		return strings.Compare(a.file+"\t"+a.name, b.file+"\t"+b.name)
	})
	return slices.CompactFunc(tests, func(a, b foundTest) bool { return a.file == b.file && a.name == b.name })
}

// judge gives each row the worst result of its tests.
func (c *catalogue) judge(results outcomes) {
	for i := range c.rows {
		for _, t := range c.rows[i].tests {
			c.rows[i].result = max(c.rows[i].result, results.of(t))
		}
	}
}

// lines is the report for people: one line a row, and the total.
func (c *catalogue) lines() string {
	var b strings.Builder
	for _, r := range c.rows {
		switch {
		case len(r.tests) == 0 && r.none == "":
			fmt.Fprintf(&b, "%-4s NO TEST AND NO REASON: %s\n", r.id, r.wrong)
		case len(r.tests) == 0:
			fmt.Fprintf(&b, "%-4s no test: %s\n", r.id, r.none)
		default:
			fmt.Fprintf(&b, "%-4s %-8s %s\n", r.id, r.result, names(r.tests))
		}
	}
	fmt.Fprintf(&b, "%s\n", c.total())
	return b.String()
}

// names lists tests in one line.
func names(tests []foundTest) string {
	var all []string
	for _, t := range tests {
		all = append(all, t.place+": "+t.name)
	}
	return strings.Join(all, "; ")
}

// count counts the rows that keep accepts.
func (c *catalogue) count(keep func(row) bool) int {
	n := 0
	for _, r := range c.rows {
		if keep(r) {
			n++
		}
	}
	return n
}

func tested(r row) bool  { return len(r.tests) > 0 }
func excused(r row) bool { return len(r.tests) == 0 && r.none != "" }
func bare(r row) bool    { return len(r.tests) == 0 && r.none == "" }

func (c *catalogue) total() string {
	return fmt.Sprintf("%d rows: %d held by tests, %d with a reason for having none, %d with neither",
		len(c.rows), c.count(tested), c.count(excused), c.count(bare))
}

// verdict says what is wrong with the catalogue: a failed test, a row with neither test nor reason, or too few rows
// that are held by tests that passed.
func (c *catalogue) verdict(atLeast int) error {
	var wrong []error
	for _, r := range c.rows {
		switch {
		case bare(r):
			wrong = append(wrong, fmt.Errorf("%s has neither a test nor a reason for having none", r.id))
		case r.result == failed:
			wrong = append(wrong, fmt.Errorf("%s: a test failed", r.id))
		}
	}
	if held := c.count(func(r row) bool { return r.result == passed }); held < atLeast {
		wrong = append(wrong, fmt.Errorf("%d rows are held by tests that passed; there were %d before "+
			"(results come from `make test`)", held, atLeast))
	}
	return errors.Join(wrong...)
}

// page is docs/failures.md.
func (c *catalogue) page() string {
	var b strings.Builder
	b.WriteString(preface)
	fmt.Fprintf(&b, "%s.\n", c.total())
	for _, r := range c.rows {
		if r.section != "" {
			fmt.Fprintf(&b, "\n## %s\n\n| row | what goes wrong | held by | last result |\n|---|---|---|---|\n", r.section)
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", r.id, escape(r.wrong), r.holders(), r.result)
	}
	return b.String()
}

const preface = `# What goes wrong, and what holds it

Entering and leaving rooms fails in many ways, and each row here is one that people have suffered. A test that holds
a row carries its id in its name, or the row names it in [rows.txt](../test/failures/rows.txt).
` + "`make failures`" + ` writes this page, after ` + "`make test`" + `.

`

// holders is the cell that names the tests of a row, or says why there is none.
func (r row) holders() string {
	if len(r.tests) == 0 {
		return "none: " + escape(r.none)
	}
	var links []string
	for _, t := range r.tests {
		links = append(links, fmt.Sprintf("[%s](%s)", escape(t.name), path.Join("..", t.file)))
	}
	return strings.Join(links, "<br>")
}

// escape makes plain text plain in Markdown, too.
var escape = strings.NewReplacer("|", `\|`, "[", `\[`, "]", `\]`, "<", `&lt;`, "*", `\*`, "_", `\_`, "`", "'").Replace
