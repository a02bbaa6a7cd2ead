package tidy_test

import (
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"testing"
)

// TestFresh_Wire generates the wire's types from the schema once more and compares them with the committed ones.
func TestFresh_Wire(t *testing.T) {
	const buf = "sdk/node_modules/.bin/buf"
	if _, err := os.Stat(buf); err != nil {
		t.Fatalf("%s is missing: run `make deps` first", buf)
	}
	dir := t.TempDir()
	run(t, buf, "generate", "--output", dir)
	compare(t, dir)
}

// TestFresh_Codes prints the exit table as TypeScript once more and compares it with the committed file.
func TestFresh_Codes(t *testing.T) {
	const committed = "sdk/src/codes.ts"
	text, err := os.ReadFile(committed)
	if err != nil {
		t.Fatal(err)
	}
	if run(t, "go", "run", "server/exit/codes_gen.go") != string(text) {
		t.Errorf("%s is stale: run `make generate`", committed)
	}
}

// TestFresh_Lockfiles asks npm whether each lockfile is complete. One that was made where a registry lacked a package
// for another platform is not, and then nobody can install from it.
func TestFresh_Lockfiles(t *testing.T) {
	for name, text := range readTree(t) {
		if path.Base(name) != "package.json" || !strings.Contains(text, "ependencies") {
			continue
		}
		t.Run(path.Dir(name), func(t *testing.T) {
			dir := t.TempDir()
			for _, file := range []string{"package.json", "package-lock.json"} {
				content, err := os.ReadFile(path.Join(path.Dir(name), file))
				if err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path.Join(dir, file), content, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			run(t, "npm", "ci", "--prefix", dir, "--dry-run", "--ignore-scripts", "--offline")
		})
	}
}

// compare holds each file below dir against the one of the same name in the repository.
func compare(t *testing.T, dir string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		fresh, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		committed, _ := filepath.Rel(dir, name)
		if old, err := os.ReadFile(committed); err != nil || string(old) != string(fresh) {
			t.Errorf("%s is stale: run `make generate`", committed)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// run runs a command in the repository's root and returns what it prints.
func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	command := exec.Command(name, args...)
	var complaint strings.Builder
	command.Stderr = &complaint
	out, err := command.Output()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, complaint.String())
	}
	return string(out)
}
