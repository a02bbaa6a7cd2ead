package tidy_test

import (
	"fmt"
	"go/ast"
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// The budgets. A thing that outgrows one is split, not excused.
const (
	functionLines    = 70
	fileLines        = 500
	lineColumns      = 120
	structFields     = 15
	interfaceMethods = 6
)

func functionsFit(t tree) []string {
	var found []string
	for _, s := range t.parse(isGo) {
		ast.Inspect(s.file, func(n ast.Node) bool {
			name := "a function literal"
			switch f := n.(type) {
			case *ast.FuncDecl:
				name = f.Name.Name
			case *ast.FuncLit:
			default:
				return true
			}
			if lines := s.lines(n); lines > functionLines {
				found = append(found, s.at(n, "%s has %d lines; the limit is %d", name, lines, functionLines))
			}
			return true
		})
	}
	return found
}

func filesFit(t tree) []string {
	var found []string
	for _, name := range t.sorted(isCode) {
		if lines := strings.Count(t[name], "\n"); lines > fileLines {
			found = append(found, fmt.Sprintf("%s: %d lines; the limit is %d", name, lines, fileLines))
		}
	}
	return found
}

func structsFit(t tree) []string {
	var found []string
	for _, s := range t.parse(isGo) {
		ast.Inspect(s.file, func(n ast.Node) bool {
			if kind, ok := n.(*ast.StructType); ok && count(kind.Fields) > structFields {
				found = append(found, s.at(n, "%d fields; the limit is %d", count(kind.Fields), structFields))
			}
			return true
		})
	}
	return found
}

func interfacesFit(t tree) []string {
	var found []string
	for _, s := range t.parse(isGo) {
		ast.Inspect(s.file, func(n ast.Node) bool {
			if kind, ok := n.(*ast.InterfaceType); ok && count(kind.Methods) > interfaceMethods {
				found = append(found, s.at(n, "%d methods; the limit is %d", count(kind.Methods), interfaceMethods))
			}
			return true
		})
	}
	return found
}

// count counts names: a and b in `a, b int` are two.
func count(list *ast.FieldList) int {
	total := 0
	for _, field := range list.List {
		total += max(1, len(field.Names))
	}
	return total
}

// tag finds a struct field's tag, which cannot be broken into two lines.
var tag = regexp.MustCompile("`\\w+:\"")

// linesFit counts characters; a tab is one of them.
func linesFit(t tree) []string {
	var found []string
	for _, name := range t.sorted(isCode) {
		for i, line := range strings.Split(t[name], "\n") {
			if columns := utf8.RuneCountInString(line); columns > lineColumns && !tag.MatchString(line) {
				found = append(found, fmt.Sprintf("%s:%d: %d characters; the limit is %d", name, i+1, columns, lineColumns))
			}
		}
	}
	return found
}

// empty are the names that say nothing about what is inside.
var empty = []string{"util", "utils", "common", "helper", "helpers", "manager", "impl", "base", "types", "misc", "lib"}

func namesSaySomething(t tree) []string {
	var found []string
	for _, name := range t.sorted(isCode) {
		for _, part := range strings.Split(name, "/") {
			word, _, _ := strings.Cut(part, ".")
			word = strings.TrimSuffix(word, "_test")
			if slices.Contains(empty, strings.ToLower(word)) {
				found = append(found, fmt.Sprintf("%s: %q says nothing about what is inside", name, word))
			}
		}
	}
	return found
}

// packagesSayWhatTheyAre asks each package, programs too, for its opening comment.
func packagesSayWhatTheyAre(t tree) []string {
	spoken, first := map[string]bool{}, map[string]source{}
	for _, s := range t.parse(isGo) {
		key := s.dir() + " " + strings.TrimSuffix(s.file.Name.Name, "_test")
		if _, seen := first[key]; !seen {
			first[key] = s
		}
		if s.file.Doc != nil {
			spoken[key] = true
		}
	}
	var found []string
	for key, s := range first {
		if !spoken[key] {
			found = append(found, s.at(s.file.Name, "package %s has no comment that says what it does", s.dir()))
		}
	}
	slices.Sort(found)
	return found
}

// nap finds the ways in which a script waits for time to pass instead of for what it waits for.
var nap = regexp.MustCompile(`waitForTimeout|timers/promises|\bsleep\(|setTimeout\(\s*(r|res|resolve|done|ok)\s*,`)

func testsDoNotSleep(t tree) []string {
	var found []string
	for _, s := range t.parse(func(name, text string) bool { return isGo(name, text) && isTest(name) }) {
		ast.Inspect(s.file, func(n ast.Node) bool {
			if call, ok := n.(*ast.SelectorExpr); ok && isName(call.X, "time") && call.Sel.Name == "Sleep" {
				found = append(found, s.at(n, "a test waits for the event, or uses testing/synctest; it does not sleep"))
			}
			return true
		})
	}
	scripts := func(name, text string) bool { return isScript(name, text) && isTestScript(name) }
	return append(found, grep(t, scripts, nap, "a test waits for the event; it does not sleep")...)
}

func isTestScript(name string) bool {
	return isTest(name) || strings.HasPrefix(name, "sdk/test/") || strings.HasPrefix(name, "web/test/")
}

// passed finds tests that are there but do not run.
var passed = regexp.MustCompile(
	`\bt\.Skip|\b(it|test|describe)\.(skip|only|todo|fails)\b|\b(xit|xtest|xdescribe)\(|skip: *true|todo: *true`)

func testsAreNotSkipped(t tree) []string {
	tests := func(name, text string) bool {
		return isCode(name, text) && isTestScript(name) && !strings.HasPrefix(path.Base(name), "tidy_")
	}
	return grep(t, tests, passed, "a test that does not run proves nothing")
}

// testsLeaveNoGoroutine asks every tested package of the server and the client for goleak.
func testsLeaveNoGoroutine(t tree) []string {
	tested, checked := map[string]source{}, map[string]bool{}
	for _, s := range t.parse(func(name, text string) bool { return isGo(name, text) && isTest(name) }) {
		if strings.HasPrefix(s.name, "server/") || strings.HasPrefix(s.name, "client/") {
			tested[s.dir()] = s
			checked[s.dir()] = checked[s.dir()] || strings.Contains(t[s.name], "goleak.VerifyTestMain(")
		}
	}
	var found []string
	for dir, s := range tested {
		if !checked[dir] {
			found = append(found, s.at(s.file.Name, "the tests of %s have no TestMain with goleak.VerifyTestMain", dir))
		}
	}
	slices.Sort(found)
	return found
}

// later finds work that somebody meant to finish.
var later = regexp.MustCompile(`\b(TODO|FIXME|XXX|HACK)\b`)

func workIsFinished(t tree) []string {
	code := func(name, text string) bool {
		return isCode(name, text) && !strings.HasPrefix(path.Base(name), "tidy_")
	}
	return grep(t, code, later, "finish it, or open an issue")
}

// grep returns one finding for each line that matches, in the files that keep accepts.
func grep(t tree, keep func(name, text string) bool, what *regexp.Regexp, why string) []string {
	var found []string
	for _, name := range t.sorted(keep) {
		for i, line := range strings.Split(t[name], "\n") {
			if hit := what.FindString(line); hit != "" {
				found = append(found, fmt.Sprintf("%s:%d: %q: %s", name, i+1, hit, why))
			}
		}
	}
	return found
}
