package bundle

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestDistIsFresh rebuilds the page in memory: what the binary carries is what the sources say, byte for byte.
func TestDistIsFresh(t *testing.T) {
	files, err := Build("../..", RealSDK)
	if err != nil {
		t.Fatal(err)
	}
	const dist, remedy = "../dist", "run make generate"
	for _, name := range files.Names() {
		committed, err := os.ReadFile(filepath.Join(dist, filepath.FromSlash(name)))
		if err != nil || !bytes.Equal(committed, files[name]) {
			t.Errorf("dist/%s is stale (%v); %s", name, err, remedy)
		}
		here, err := filepath.Abs("../..")
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(files[name], []byte(here)) {
			t.Errorf("dist/%s holds a path of this machine", name)
		}
	}
	err = filepath.WalkDir(dist, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		name, err := filepath.Rel(dist, path)
		if _, built := files[filepath.ToSlash(name)]; !built {
			t.Errorf("dist/%s is built no more; %s", name, remedy)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestBrokenSourcesSayWhere: a page that cannot be built names the file and the line.
func TestBrokenSourcesSayWhere(t *testing.T) {
	root := t.TempDir()
	src := filepath.Join(root, "web", "src")
	if err := os.MkdirAll(src, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(src, "main.tsx"), []byte("let a = ;"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Build(root, RealSDK); err == nil || !strings.Contains(err.Error(), "main.tsx:1") {
		t.Errorf("got %v", err)
	}
}
