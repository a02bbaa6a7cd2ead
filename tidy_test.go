// Package tidy_test holds the house rules, as a test: what may import what, how long a thing may be, which names say
// nothing. CONTRIBUTING.md tells the reasons. Each rule is one small function over the files of the repository, and
// tidy_planted_test.go shows that each one catches what it forbids.
package tidy_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path"
	"slices"
	"strings"
	"testing"
)

// tree is the repository: the text of every file that is, or is about to be, committed, by slash-separated path.
type tree map[string]string

// rule looks at a tree and returns one line for each place that breaks it.
type rule struct {
	name  string
	check func(tree) []string
}

// rules lists every rule of the house; the files beside this one hold them by subject.
var rules = []rule{
	{"imports point down", importsPointDown},
	{"server is flat", serverIsFlat},
	{"the heart is pure", heartIsPure},
	{"Pion stays in the media package", pionStaysInMedia},
	{"one function removes a member", oneDoor},
	{"functions fit", functionsFit},
	{"files fit", filesFit},
	{"structs fit", structsFit},
	{"interfaces fit", interfacesFit},
	{"lines fit", linesFit},
	{"tests do not sleep", testsDoNotSleep},
	{"tests are not skipped", testsAreNotSkipped},
	{"tests leave no goroutine", testsLeaveNoGoroutine},
	{"names say something", namesSaySomething},
	{"packages say what they are", packagesSayWhatTheyAre},
	{"work is finished", workIsFinished},
	{"dependencies are few and explained", dependenciesAreFew},
	{"npm versions are exact", npmVersionsAreExact},
	{"no machine shows through", noMachineShows},
	{"links resolve", linksResolve},
	{"the map names files that exist", mapNamesFiles},
}

func TestTidy(t *testing.T) {
	files := readTree(t)
	for _, r := range rules {
		t.Run(r.name, func(t *testing.T) {
			for _, finding := range r.check(files) {
				t.Error(finding)
			}
		})
	}
}

// readTree asks git for the files, so that what .gitignore names is left out.
func readTree(t *testing.T) tree {
	t.Helper()
	out, err := exec.Command("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard").Output()
	if err != nil {
		t.Fatalf("list the repository's files with git: %v", err)
	}
	files := tree{}
	for _, name := range strings.Split(strings.TrimRight(string(out), "\x00"), "\x00") {
		text, err := os.ReadFile(name)
		if os.IsNotExist(err) {
			continue // Deleted, but not committed yet.
		}
		if err != nil {
			t.Fatal(err)
		}
		files[name] = string(text)
	}
	return files
}

// sorted returns the paths that keep accepts, in order, so that findings come in the same order every time.
func (t tree) sorted(keep func(name, text string) bool) []string {
	var names []string
	for name, text := range t {
		if keep(name, text) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// ours says that people wrote the file here: it is neither built, nor generated, nor somebody else's.
func ours(name, text string) bool {
	head := text[:min(len(text), 600)]
	return !strings.Contains(head, "Code generated ") && !strings.Contains(head, "@generated") &&
		!strings.HasPrefix(name, "web/dist/") && !strings.HasPrefix(name, "web/vendor/")
}

func isGo(name, text string) bool { return strings.HasSuffix(name, ".go") && ours(name, text) }

func isScript(name, text string) bool {
	return slices.Contains([]string{".ts", ".tsx", ".mjs", ".js", ".cjs"}, path.Ext(name)) && ours(name, text)
}

func isCode(name, text string) bool { return isGo(name, text) || isScript(name, text) }

func isTest(name string) bool {
	return strings.HasSuffix(name, "_test.go") || strings.Contains(name, ".test.") || strings.HasPrefix(name, "test/")
}

// source is one parsed Go file.
type source struct {
	name string
	set  *token.FileSet
	file *ast.File
}

// parse returns the Go files that keep accepts, parsed. A file that does not parse is the compiler's business.
func (t tree) parse(keep func(name, text string) bool) []source {
	var all []source
	for _, name := range t.sorted(keep) {
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, name, t[name], parser.ParseComments|parser.SkipObjectResolution)
		if err == nil {
			all = append(all, source{name, set, file})
		}
	}
	return all
}

func (s source) dir() string { return path.Dir(s.name) }

// at names the place of a node, as editors like it.
func (s source) at(n ast.Node, format string, args ...any) string {
	return fmt.Sprintf("%s:%d: %s", s.name, s.set.Position(n.Pos()).Line, fmt.Sprintf(format, args...))
}

// lines counts the lines that a node spans.
func (s source) lines(n ast.Node) int {
	return s.set.Position(n.End()).Line - s.set.Position(n.Pos()).Line + 1
}

// imports lists the import paths of the file.
func (s source) imports() map[string]ast.Node {
	all := map[string]ast.Node{}
	for _, spec := range s.file.Imports {
		all[strings.Trim(spec.Path.Value, `"`)] = spec
	}
	return all
}
