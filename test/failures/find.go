package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// foundTest is a test as its source names it.
type foundTest struct {
	// file is where it stands; place is how results name that: the folder of a Go package, or the file of a script.
	file, place string
	// name is its title, with … for what is known only when it runs.
	name string
	// runs matches the names under which it runs.
	runs *regexp.Regexp
	ids  []string
}

// findTests reads every test of the repository that `make test` runs.
func findTests(root string) ([]foundTest, error) {
	list := exec.Command("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	list.Dir = root
	out, err := list.Output()
	if err != nil {
		return nil, fmt.Errorf("list the repository's files with git: %w", err)
	}
	var tests []foundTest
	for _, name := range strings.Split(strings.TrimRight(string(out), "\x00"), "\x00") {
		if strings.HasPrefix(name, "bench/") {
			continue // A module of its own, run by hand.
		}
		text, err := os.ReadFile(path.Join(root, name))
		if os.IsNotExist(err) {
			continue // Deleted, but not committed yet.
		}
		if err != nil {
			return nil, fmt.Errorf("look for tests: %w", err)
		}
		switch {
		case strings.HasSuffix(name, "_test.go"):
			tests = append(tests, goTests(name, text)...)
		case strings.Contains(name, ".test."):
			tests = append(tests, scriptTests(name, string(text))...)
		case path.Base(path.Dir(name)) == "testdata" && path.Ext(name) == ".txt":
			tests = append(tests, storyOf(name)...)
		}
	}
	return tests, nil
}

// goTests finds the tests of a Go file, and the subtests that are named by a literal. A file that does not parse is the
// compiler's business.
func goTests(name string, text []byte) []foundTest {
	file, err := parser.ParseFile(token.NewFileSet(), name, text, parser.SkipObjectResolution)
	if err != nil {
		return nil
	}
	var tests []foundTest
	for _, decl := range file.Decls {
		f, ok := decl.(*ast.FuncDecl)
		if !ok || f.Recv != nil || !strings.HasPrefix(f.Name.Name, "Test") || f.Name.Name == "TestMain" {
			continue
		}
		tests = append(tests, newTest(name, path.Dir(name), f.Name.Name, idsOfFunction(f.Name.Name)))
		tests = append(tests, subtests(name, f)...)
	}
	return tests
}

// subtests finds t.Run("A6: …", …) that carry an id.
func subtests(name string, f *ast.FuncDecl) []foundTest {
	var tests []foundTest
	ast.Inspect(f, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok || len(call.Args) != 2 {
			return true
		}
		method, ok := call.Fun.(*ast.SelectorExpr)
		literal, isLiteral := call.Args[0].(*ast.BasicLit)
		if !ok || method.Sel.Name != "Run" || !isLiteral {
			return true
		}
		title, err := strconv.Unquote(literal.Value)
		if ids := idsOfTitle(title); err == nil && len(ids) > 0 {
			full := f.Name.Name + "/" + strings.ReplaceAll(title, " ", "_")
			tests = append(tests, newTest(name, path.Dir(name), full, ids))
		}
		return true
	})
	return tests
}

// storyOf makes a test of a script that carries an id: the package plays each of its scripts as a subtest.
func storyOf(name string) []foundTest {
	base := strings.TrimSuffix(path.Base(name), ".txt")
	ids := idsOfTitle(strings.ReplaceAll(base, "-", " "))
	if len(ids) == 0 || strings.HasPrefix(base, "I-") {
		return nil
	}
	return []foundTest{{
		file: name, place: path.Dir(path.Dir(name)), name: base, ids: ids,
		runs: regexp.MustCompile(`^Test\w+/` + regexp.QuoteMeta(base) + `$`),
	}}
}

// opening finds the beginning of a test or a group of tests in a script, up to the quote that opens its title. The
// title of a table's tests follows the table.
var opening = regexp.MustCompile(
	`(?m)(?:\b(?:test|it|describe|suite)(?:\.\w+)?(?:\(.*\))?|\](?: as const)?,?\s*\))\(\s*(['"` + "`" + `])`)

// scriptTests finds the tests of a script by their titles.
func scriptTests(name, text string) []foundTest {
	var tests []foundTest
	for _, at := range opening.FindAllStringSubmatchIndex(text, -1) {
		quote := text[at[2]]
		if title, ok := quoted(text[at[3]:], quote); ok {
			tests = append(tests, newTest(name, name, title, idsOfTitle(title)))
		}
	}
	return tests
}

// quoted reads up to the closing quote.
func quoted(text string, quote byte) (string, bool) {
	var title strings.Builder
	for i := 0; i < len(text); i++ {
		switch {
		case text[i] == '\\' && i+1 < len(text):
			i++
		case text[i] == quote:
			return title.String(), true
		}
		title.WriteByte(text[i])
	}
	return "", false
}

// hole finds what a title leaves to the moment when it runs: ${…} of a template, %s and $name of a table.
var hole = regexp.MustCompile(`\$\{[^}]*\}|\$\w+|%[sidfjo#]`)

func newTest(file, place, title string, ids []string) foundTest {
	fixed := hole.Split(title, -1)
	for i := range fixed {
		fixed[i] = regexp.QuoteMeta(fixed[i])
	}
	return foundTest{
		file: file, place: place, name: hole.ReplaceAllString(title, "…"), ids: ids,
		runs: regexp.MustCompile(`(^|> )` + strings.Join(fixed, ".*") + `( >|$)`),
	}
}

var (
	// inFunction finds the ids of a Go function: TestA6_…, TestB1_B5_…. I1 is an invariant there, so I is left out.
	inFunction = regexp.MustCompile(`^Test((?:[A-HJ-M][1-9][0-9]?_?)+)_[A-Z]`)
	oneID      = regexp.MustCompile(`[A-HJ-M][1-9][0-9]?`)
	// inTitle finds ids that stand alone as words.
	inTitle = regexp.MustCompile(`(?:^|[\s(,/])([A-HJ-M][1-9][0-9]?)(?:$|[\s:),/])`)
)

func idsOfFunction(name string) []string {
	match := inFunction.FindStringSubmatch(name + "_A")
	if match == nil {
		return nil
	}
	return oneID.FindAllString(match[1], -1)
}

func idsOfTitle(title string) []string {
	var ids []string
	// Neighbours share the space between them, so the search goes on at the end of each id.
	for rest := title; ; {
		at := inTitle.FindStringSubmatchIndex(rest)
		if at == nil {
			return slices.Compact(ids)
		}
		ids = append(ids, rest[at[2]:at[3]])
		rest = rest[at[3]:]
	}
}
