package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestEveryFaultCanBePlanted holds the lists to the tree, so that they cannot rot: the lines of each fault stand there
// exactly once, and there are as many faults as promised.
func TestEveryFaultCanBePlanted(t *testing.T) {
	faults, err := readFaults(".")
	if err != nil {
		t.Fatal(err)
	}
	if err := checkFaults("../..", faults); err != nil {
		t.Error(err)
	}
	scripts := 0
	for _, f := range faults {
		if strings.HasPrefix(f.file, "sdk/") {
			scripts++
		}
	}
	if len(faults) < faultsMin || scripts < scriptFaultsMin {
		t.Errorf("%d faults, %d of them in the SDK; there must be %d and %d",
			len(faults), scripts, faultsMin, scriptFaultsMin)
	}
}

const head = "== f\nin a.go\nwhy it matters\nrun go .\n"

func TestAListSaysWhatIsWrongWithIt(t *testing.T) {
	for name, each := range map[string]struct{ list, want string }{
		"no command":         {"== f\nin a.go\nwhy it matters\n-x\n", "needs in, why, run"},
		"no change":          {head + "|x\n", "needs in, why, run, and a change"},
		"an unknown word":    {head + "when now\n", "neither in, why, run"},
		"an unknown command": {"== f\nrun make all\n", "say go and a package"},
	} {
		if _, err := parseFaults(each.list); err == nil || !strings.Contains(err.Error(), each.want) {
			t.Errorf("%s: %v, which does not say %q", name, err, each.want)
		}
	}
}

func TestAFaultIsPlantedInWholeLinesAndOnce(t *testing.T) {
	faults, err := parseFaults("What stands here explains the list.\n\n" + head + "|a\n-b\n+c\n+d\n")
	if err != nil {
		t.Fatal(err)
	}
	f := faults[0]
	if got, err := f.plant("a\nb\ne\n"); got != "a\nc\nd\ne\n" || err != nil {
		t.Errorf("planted %q, %v", got, err)
	}
	for name, text := range map[string]string{
		"it stands there twice": "a\nb\na\nb\n", "it is gone": "a\nB\n", "it is part of a line": "aa\nb\n",
	} {
		if _, err := f.plant(text); err == nil {
			t.Errorf("nothing is said when %s", name)
		}
	}
	if checkFaults(t.TempDir(), faults) == nil {
		t.Error("nothing is said of a file that is gone")
	}
}

// toy is a module with one promise that a test holds, and one that none does.
var toy = map[string]string{
	"go.mod":      "module toy\n\ngo 1.26\n",
	"toy.go":      "package toy\n\nfunc held() int { return 1 }\n\nfunc loose() int { return 2 }\n\nvar _ = loose\n",
	"toy_test.go": "package toy\n\nimport \"testing\"\n\nfunc TestHeld(t *testing.T) { if held() != 1 { t.Fail() } }\n",
}

// TestCaughtSurvivedAndWrongAreToldApart plants faults into a toy.
func TestCaughtSurvivedAndWrongAreToldApart(t *testing.T) {
	b := bench{t.TempDir(), 5 * time.Second}
	for name, text := range toy {
		if err := os.WriteFile(filepath.Join(b.root, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	faults, err := parseFaults(`
== caught
in toy.go
why a test looks
run go .
-func held() int { return 1 }
+func held() int { return 3 }
== caught by its hanging
in toy.go
why a test waits for ever
run go .
-func held() int { return 1 }
+func held() int { select {} }
== survived
in toy.go
why no test looks
run go .
-func loose() int { return 2 }
+func loose() int { return 3 }
== wrong
in toy.go
why it does not compile
run go .
-func held() int { return 1 }
+func held() int { return "3" }
`)
	if err != nil {
		t.Fatal(err)
	}
	if err := checkSound(t.Context(), []bench{b}, faults); err != nil {
		t.Fatal(err)
	}
	var verdicts []verdict
	for _, f := range faults {
		v := b.try(t.Context(), f)
		verdicts = append(verdicts, v)
		if caught := strings.HasPrefix(f.name, "caught"); v.caught != caught || (v.wrong != nil) != (f.name == "wrong") {
			t.Errorf("%s: %+v", f.name, v)
		}
		if text, err := os.ReadFile(filepath.Join(b.root, "toy.go")); err != nil || string(text) != toy["toy.go"] {
			t.Errorf("%s: the fault was not taken out again", f.name)
		}
	}
	if sum(verdicts) == nil || sum(verdicts[:2]) != nil || sum(nil) == nil {
		t.Error("the total is good only when something was caught and nothing survived")
	}
	broken := []fault{{name: "x", runs: []command{{"go", "missing", ""}}}}
	if checkSound(t.Context(), []bench{b}, broken) == nil {
		t.Error("a command that fails without a fault is taken")
	}
}
