// Package bundle turns the sources of the call page, and the SDK below them, into the few files that a browser loads.
//
// It runs esbuild inside Go, so it needs neither Node.js nor a network. It writes nothing: go generate and the
// freshness test both call it, and so cannot disagree. It is a module of its own: the server does not require what it
// requires.
package bundle

import (
	"bytes"
	"errors"
	"fmt"
	"html/template"
	"os"
	"path"
	"path/filepath"
	"sort"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

// RealSDK is the SDK that the page speaks through, as a path inside the repository.
const RealSDK = "sdk/src/index.ts"

// Files are the built files: slash-separated path below dist, and content.
type Files map[string][]byte

// targets are the oldest browsers that the page is written for; all of them have what the SDK's media needs.
var targets = []api.Engine{
	{Name: api.EngineChrome, Version: "100"},
	{Name: api.EngineFirefox, Version: "110"},
	{Name: api.EngineSafari, Version: "16"},
}

// Build bundles the page in the repository at root over the given SDK entry file (relative to root). The same sources
// give the same bytes on every machine: no path of the machine gets into them.
func Build(root, sdk string) (Files, error) {
	root, err := filepath.Abs(root)
	if err != nil {
		return nil, fmt.Errorf("find the repository: %w", err)
	}
	result := api.Build(options(root, sdk))
	if len(result.Errors) > 0 {
		return nil, problems(result.Errors)
	}
	dist := filepath.Join(root, "web", "dist")
	files := Files{}
	for _, out := range result.OutputFiles {
		name, err := filepath.Rel(dist, out.Path)
		if err != nil {
			return nil, fmt.Errorf("place %s: %w", out.Path, err)
		}
		files[filepath.ToSlash(name)] = out.Contents
	}
	if err := addStatic(files, filepath.Join(root, "web", "src")); err != nil {
		return nil, err
	}
	return files, nil
}

func options(root, sdk string) api.BuildOptions {
	at := func(name string) string { return filepath.Join(root, filepath.FromSlash(name)) }
	protobuf := at("web/vendor/bufbuild-protobuf/dist/esm")
	return api.BuildOptions{
		AbsWorkingDir:     root,
		EntryPoints:       []string{"web/src/main.tsx"},
		Outdir:            "web/dist",
		EntryNames:        "assets/[name]-[hash]",
		AssetNames:        "assets/[name]-[hash]",
		Bundle:            true,
		Format:            api.FormatESModule,
		Platform:          api.PlatformBrowser,
		Engines:           targets,
		MinifyWhitespace:  true,
		MinifyIdentifiers: true,
		MinifySyntax:      true,
		LegalComments:     api.LegalCommentsNone,
		Charset:           api.CharsetUTF8,
		JSX:               api.JSXAutomatic,
		JSXImportSource:   "preact",
		Loader:            map[string]api.Loader{".woff2": api.LoaderFile},
		// The compiler's settings stand here alone, so that a tsconfig.json lying about changes no byte.
		TsconfigRaw: `{"compilerOptions":{"target":"ES2022","useDefineForClassFields":true}}`,
		Alias: map[string]string{
			"trtc-electron-sdk":            at(sdk),
			"preact":                       at("web/vendor/preact/dist/preact.module.js"),
			"preact/hooks":                 at("web/vendor/preact/hooks/dist/hooks.module.js"),
			"preact/jsx-runtime":           at("web/vendor/preact/jsx-runtime/dist/jsxRuntime.module.js"),
			"@bufbuild/protobuf":           filepath.Join(protobuf, "index.js"),
			"@bufbuild/protobuf/codegenv2": filepath.Join(protobuf, "codegenv2", "index.js"),
			"@bufbuild/protobuf/wire":      filepath.Join(protobuf, "wire", "index.js"),
		},
		LogLevel: api.LogLevelSilent,
	}
}

// addStatic adds the document, which names the hashed files, and what is served as it is.
func addStatic(files Files, src string) error {
	page, err := template.ParseFiles(filepath.Join(src, "index.html"))
	if err != nil {
		return fmt.Errorf("read the page's template: %w", err)
	}
	var doc bytes.Buffer
	names := map[string]string{"Script": files.named("main-", ".js"), "Style": files.named("main-", ".css")}
	if err := page.Execute(&doc, names); err != nil {
		return fmt.Errorf("fill the page's template: %w", err)
	}
	files["index.html"] = doc.Bytes()
	icon, err := os.ReadFile(filepath.Join(src, "favicon.svg"))
	if err != nil {
		return fmt.Errorf("read the icon: %w", err)
	}
	files["favicon.svg"] = icon
	return nil
}

// named finds the one asset with this beginning and this ending.
func (f Files) named(prefix, suffix string) string {
	for name := range f {
		if strings.HasPrefix(path.Base(name), prefix) && strings.HasSuffix(name, suffix) {
			return name
		}
	}
	return ""
}

// Names lists the files in order.
func (f Files) Names() []string {
	names := make([]string, 0, len(f))
	for name := range f {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

// Write replaces the folder dir by these files.
func (f Files) Write(dir string) error {
	if err := os.RemoveAll(dir); err != nil {
		return fmt.Errorf("clear %s: %w", dir, err)
	}
	for name, content := range f {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return fmt.Errorf("make the folder of %s: %w", name, err)
		}
		if err := os.WriteFile(file, content, 0o644); err != nil {
			return fmt.Errorf("write %s: %w", name, err)
		}
	}
	return nil
}

func problems(found []api.Message) error {
	var all []error
	for _, p := range found {
		where := ""
		if p.Location != nil {
			where = fmt.Sprintf("%s:%d: ", p.Location.File, p.Location.Line)
		}
		all = append(all, fmt.Errorf("%s%s", where, p.Text))
	}
	return fmt.Errorf("bundle the call page: %w", errors.Join(all...))
}
