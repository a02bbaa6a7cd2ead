package tidy_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
)

const (
	goDependencies  = 15
	sdkDependencies = 2
	dependencyPage  = "docs/decisions/0001-dependencies.md"
)

// required finds the direct requirements of a go.mod.
var required = regexp.MustCompile(`(?m)^(?:require )?\t?([a-z0-9.-]+\.[a-z]+/\S+) v\S+$`)

// dependenciesAreFew bounds what others' code can break here, and asks for one line of reason for each.
func dependenciesAreFew(t tree) []string {
	var found []string
	direct := required.FindAllStringSubmatch(t["go.mod"], -1)
	if len(direct) > goDependencies {
		found = append(found, fmt.Sprintf("go.mod: %d direct dependencies; the limit is %d", len(direct), goDependencies))
	}
	names := slices.Sorted(maps.Keys(readPackage(t["sdk/package.json"]).Dependencies))
	if len(names) > sdkDependencies {
		found = append(found, fmt.Sprintf("sdk/package.json: %d dependencies; the limit is %d", len(names), sdkDependencies))
	}
	for _, match := range direct {
		names = append(names, match[1])
	}
	for _, name := range names {
		if !strings.Contains(t[dependencyPage], "`"+name+"`") {
			found = append(found, fmt.Sprintf("%s: no line says why we depend on `%s`", dependencyPage, name))
		}
	}
	return found
}

// npmPackage is what we read of a package.json.
type npmPackage struct {
	Dependencies    map[string]string `json:"dependencies"`
	DevDependencies map[string]string `json:"devDependencies"`
}

// readPackage returns an empty package for a text that is none; npm itself complains about those.
func readPackage(text string) npmPackage {
	var p npmPackage
	_ = json.Unmarshal([]byte(text), &p)
	return p
}

func npmVersionsAreExact(t tree) []string {
	var found []string
	for _, name := range t.sorted(func(name, _ string) bool { return path.Base(name) == "package.json" }) {
		p := readPackage(t[name])
		for _, versions := range []map[string]string{p.Dependencies, p.DevDependencies} {
			for _, dependency := range slices.Sorted(maps.Keys(versions)) {
				if strings.ContainsAny(versions[dependency], "^~*><x ") {
					found = append(found, fmt.Sprintf("%s: %s %s is not one exact version",
						name, dependency, versions[dependency]))
				}
			}
		}
	}
	return found
}

// machine finds what belongs to one machine: absolute paths of people and workshops, folders beside the repository,
// and the registry that a lockfile was made from.
var machine = regexp.MustCompile(`(^|[\s"'(=:,\x60])/(work|root|home/\w+|Users/\w+)/|\.\./shared\b|\.library\b|` +
	`"resolved": "|registry\.npm|npmmirror|proxy\.golang\.org|goproxy\.`)

func noMachineShows(t tree) []string {
	text := func(name, text string) bool {
		return !strings.HasPrefix(name, "tidy_") && !strings.Contains(text, "\x00")
	}
	return grep(t, text, machine, "this belongs to one machine, not to the repository")
}

// link finds the targets of Markdown links and images.
var link = regexp.MustCompile(`\]\(([^)\s]+)\)`)

func isMarkdown(name, text string) bool { return path.Ext(name) == ".md" && ours(name, text) }

// linksResolve follows the links between files, and the headings that they name.
func linksResolve(t tree) []string {
	var found []string
	for _, name := range t.sorted(isMarkdown) {
		for _, match := range link.FindAllStringSubmatch(outsideCode(t[name]), -1) {
			target, heading, _ := strings.Cut(match[1], "#")
			if strings.Contains(target, ":") {
				continue // Another host.
			}
			file := name
			if target != "" {
				file = path.Join(path.Dir(name), target)
			}
			if !t.has(file) {
				found = append(found, fmt.Sprintf("%s: the link to %s leads nowhere", name, match[1]))
			} else if heading != "" && path.Ext(file) == ".md" && !slices.Contains(headings(t[file]), heading) {
				found = append(found, fmt.Sprintf("%s: %s has no heading #%s", name, file, heading))
			}
		}
	}
	return found
}

// has says whether the path is a file or a folder of the tree.
func (t tree) has(name string) bool {
	if _, ok := t[name]; ok {
		return true
	}
	for file := range t {
		if strings.HasPrefix(file, strings.TrimSuffix(name, "/")+"/") {
			return true
		}
	}
	return false
}

var fence = regexp.MustCompile("(?ms)^```.*?^```|`[^`\n]*`")

// outsideCode drops what a Markdown text quotes as code.
func outsideCode(text string) string { return fence.ReplaceAllString(text, "") }

var (
	title       = regexp.MustCompile(`(?m)^#+ +(.*)$`)
	punctuation = regexp.MustCompile(`[^\p{L}\p{N}\s_-]`)
)

// headings returns the anchors that the headings of a text make.
func headings(text string) []string {
	var all []string
	for _, match := range title.FindAllStringSubmatch(text, -1) {
		anchor := punctuation.ReplaceAllString(strings.ToLower(strings.TrimSpace(match[1])), "")
		all = append(all, strings.ReplaceAll(anchor, " ", "-"))
	}
	return all
}

// place finds file names in backquotes: at least one folder, then a name with a dot.
var place = regexp.MustCompile("`((?:server|client|sdk|web|proto|cmd|test|deploy|docs)/[\\w./-]*\\w)`")

// mapNamesFiles holds docs/architecture.md to the files that are there.
func mapNamesFiles(t tree) []string {
	const page = "docs/architecture.md"
	var found []string
	for _, match := range place.FindAllStringSubmatch(t[page], -1) {
		if !t.has(match[1]) && !built(match[1]) {
			found = append(found, fmt.Sprintf("%s: there is no %s", page, match[1]))
		}
	}
	return found
}

// built says that the path is made by a build and committed by nobody.
func built(name string) bool { return strings.HasPrefix(name, "sdk/liteav") }
