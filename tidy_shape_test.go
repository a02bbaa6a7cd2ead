package tidy_test

import (
	"go/ast"
	"maps"
	"path"
	"slices"
	"strings"
)

const module = "github.com/exeunt/exeunt/"

// layers gives each package its height. An import must go to a lower one, so neighbours never import each other.
// Package exit stands under the other words, since its reasons stand in them.
var layers = map[string]int{
	"server/exit":      0,
	"server/wire":      1,
	"server/usersig":   1,
	"server/config":    1,
	"server/metrics":   1,
	"server/srtp":      1,
	"server/sdp":       1,
	"server/stun":      1,
	"server/rtp":       1,
	"server/udp":       1,
	"server/tcp":       1,
	"server/picture":   1,
	"server/estimate":  1,
	"server/pace":      1,
	"server/room":      2,
	"client":           2,
	"client/load":      3,
	"server/media":     3,
	"server/registry":  3,
	"server/events":    3,
	"server/journal":   3,
	"server/ban":       3,
	"server/relay":     3,
	"server/host":      4,
	"server/signal":    5,
	"server/api":       5,
	"test/rig":         6,
	"test/certificate": 0,
	"web":              0,
	"web/bundle":       0,
	"bench/page":       0,
	"bench/servers":    0,
}

// top is the height of programs and of what tests several packages at once: nothing can import them.
const top = 9

func height(s source) (int, bool) {
	if s.file.Name.Name == "main" || strings.HasPrefix(s.name, "test/") || s.dir() == "." {
		return top, true
	}
	h, known := layers[s.dir()]
	return h, known
}

func importsPointDown(t tree) []string {
	var found []string
	for _, s := range t.parse(isGo) {
		from, known := height(s)
		if !known {
			found = append(found, s.at(s.file.Name, "package %s has no layer; give it one in tidy_shape_test.go", s.dir()))
			continue
		}
		imports := s.imports()
		for _, target := range slices.Sorted(maps.Keys(imports)) {
			dir, inside := strings.CutPrefix(target, module)
			if !inside || dir == s.dir() {
				continue // Another module, or a test of the package from outside.
			}
			to, known := layers[dir]
			if !known {
				found = append(found, s.at(imports[target], "%s has no layer", dir))
			} else if to >= from {
				found = append(found, s.at(imports[target], "%s must not import %s: imports point down only", s.dir(), dir))
			}
		}
	}
	return found
}

// packagesMax is the number of packages in server/ that one still keeps in mind: fourteen for rooms and their doors,
// and beside them the media path's five formats, its estimate, its socket and its relay, each of which stands alone;
// and the pace of all that strangers may ask for.
const packagesMax = 23

func serverIsFlat(t tree) []string {
	var found []string
	dirs := map[string]bool{}
	for _, s := range t.parse(isGo) {
		rest, inside := strings.CutPrefix(s.dir(), "server/")
		if !inside {
			continue
		}
		dirs[rest] = true
		if strings.Contains(rest, "/") && s.file.Name.Name != "main" {
			found = append(found, s.at(s.file.Name, "package below server/%s: server has one level of packages",
				path.Dir(rest)))
		}
	}
	if len(dirs) > packagesMax {
		found = append(found, "server/ has more packages than fit into a head")
	}
	return found
}

// pure are the parts of the standard library that neither wait, nor look at a clock, nor reach outside.
var pure = []string{
	"bytes", "cmp", "container/heap", "container/list", "errors", "fmt", "iter", "maps", "math", "math/bits", "slices",
	"sort", "strconv", "strings", "time", "unicode", "unicode/utf8",
}

// clocks are the functions of package time that look at or wait for the real one.
var clocks = []string{"Now", "Since", "Until", "Sleep", "After", "AfterFunc", "Tick", "NewTimer", "NewTicker"}

// heartIsPure holds server/room to exit and the pure parts: no goroutine, channel or clock.
func heartIsPure(t tree) []string {
	var found []string
	inRoom := func(name, text string) bool {
		return isGo(name, text) && path.Dir(name) == "server/room" && !isTest(name)
	}
	for _, s := range t.parse(inRoom) {
		for target, spec := range s.imports() {
			if target != module+"server/exit" && !slices.Contains(pure, target) {
				found = append(found, s.at(spec, "the heart must not import %s", target))
			}
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.GoStmt, *ast.SelectStmt, *ast.ChanType, *ast.SendStmt:
				found = append(found, s.at(n, "the heart has no goroutine and no channel"))
			case *ast.SelectorExpr:
				if isName(n.X, "time") && slices.Contains(clocks, n.Sel.Name) {
					found = append(found, s.at(n, "the heart has no clock: take now as an argument"))
				}
			}
			return true
		})
	}
	return found
}

// pionStaysInMedia keeps Pion replaceable: the engine has its handshake, and the relay is its TURN server. The Go
// client is another end of the wire and has its own peer connection.
func pionStaysInMedia(t tree) []string {
	var found []string
	for _, s := range t.parse(isGo) {
		if strings.HasPrefix(s.name, "server/media/") || strings.HasPrefix(s.name, "server/relay/") ||
			strings.HasPrefix(s.name, "client/") || strings.HasPrefix(s.name, "bench/") || isTest(s.name) {
			continue
		}
		for target, spec := range s.imports() {
			if strings.HasPrefix(target, "github.com/pion/") {
				found = append(found, s.at(spec, "only server/media and server/relay may see Pion, not %s", s.dir()))
			}
		}
	}
	return found
}

// doors says who alone may do what ends a stay: in the room, one file takes a member off the roster; beyond it, the
// hall hands the room an event that ends stays.
var doors = []struct {
	within, door, what string
	opens              func(ast.Node) bool
}{
	{"server/room/", "server/room/exit.go", "takes a member off the roster", func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return false
		}
		method, ok := call.Fun.(*ast.SelectorExpr)
		return ok && method.Sel.Name == "take" && endsIn(method.X, "roster")
	}},
	{"server/room/", "server/room/roster.go", "deletes from the roster's maps", func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		return ok && isName(call.Fun, "delete") && (endsIn(call.Args[0], "sessions") || endsIn(call.Args[0], "users"))
	}},
	{"", "server/host/", "tells the room to end stays", func(n ast.Node) bool {
		literal, ok := n.(*ast.CompositeLit)
		if !ok {
			return false
		}
		event, ok := literal.Type.(*ast.SelectorExpr)
		return ok && isName(event.X, "room") && slices.Contains([]string{"Exit", "Remove", "Dismiss"}, event.Sel.Name)
	}},
}

// oneDoor finds a second place that ends a stay.
func oneDoor(t tree) []string {
	var found []string
	for _, s := range t.parse(func(name, text string) bool { return isGo(name, text) && !isTest(name) }) {
		for _, door := range doors {
			if !strings.HasPrefix(s.name, door.within) || strings.HasPrefix(s.name, door.door) {
				continue
			}
			ast.Inspect(s.file, func(n ast.Node) bool {
				if n != nil && door.opens(n) {
					found = append(found, s.at(n, "only %s %s", door.door, door.what))
				}
				return true
			})
		}
	}
	return append(found, oneRemover(t)...)
}

// oneRemover finds a second function of the room that takes members off the roster, in exit.go itself.
func oneRemover(t tree) []string {
	var found []string
	removers := 0
	for _, s := range t.parse(func(name, _ string) bool { return name == "server/room/exit.go" }) {
		for _, decl := range s.file.Decls {
			function, ok := decl.(*ast.FuncDecl)
			if !ok {
				continue
			}
			removes := false
			ast.Inspect(function, func(n ast.Node) bool {
				removes = removes || (n != nil && doors[0].opens(n))
				return true
			})
			if removes {
				removers++
			}
			if removes && removers > 1 {
				found = append(found, s.at(function, "%s is a second function that removes a member", function.Name.Name))
			}
		}
		if removers == 0 {
			found = append(found, s.at(s.file.Name, "no function removes a member; teach oneDoor the new words"))
		}
	}
	return found
}

func isName(e ast.Expr, name string) bool {
	id, ok := e.(*ast.Ident)
	return ok && id.Name == name
}

// endsIn says that e is name, or a selection of name from something.
func endsIn(e ast.Expr, name string) bool {
	selection, ok := e.(*ast.SelectorExpr)
	return isName(e, name) || (ok && selection.Sel.Name == name)
}
