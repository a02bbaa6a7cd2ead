package tidy_test

import (
	"strings"
	"testing"
)

// planted has, for each rule, a small repository that breaks it in one way, and a word of the finding.
var planted = []struct {
	rule, finding string
	files         tree
}{
	{"imports point down", "must not import server/host", tree{
		"server/media/a.go": "package media\nimport _ \"github.com/exeunt/exeunt/server/host\"\n",
	}},
	{"imports point down", "must not import server/media", tree{ // A neighbour.
		"server/registry/a.go": "package registry\nimport _ \"github.com/exeunt/exeunt/server/media\"\n",
	}},
	{"imports point down", "has no layer", tree{"server/stray/a.go": "package stray\n"}},
	{"server is flat", "one level", tree{"server/room/deep/a.go": "package deep\n"}},
	{"the heart is pure", "must not import sync", tree{"server/room/a.go": "package room\nimport _ \"sync\"\n"}},
	{"the heart is pure", "no clock", tree{
		"server/room/a.go": "package room\nimport \"time\"\nvar t = time.Now()\n",
	}},
	{"the heart is pure", "no goroutine", tree{"server/room/a.go": "package room\nfunc f() { go f() }\n"}},
	{"the heart is pure", "no channel", tree{"server/room/a.go": "package room\nvar c chan int\n"}},
	{"Pion stays in the media package", "not server/host", tree{
		"server/host/a.go": "package host\nimport _ \"github.com/pion/rtp\"\n",
	}},
	{"one function removes a member", "second function", tree{
		"server/room/exit.go": "package room\nfunc (r *Room) exit() { r.roster.take(m) }\n" +
			"func (r *Room) kick() { r.roster.take(m) }\n",
	}},
	{"one function removes a member", "takes a member off the roster", tree{
		"server/room/expire.go": "package room\nfunc (r *Room) expire() { r.roster.take(m) }\n",
	}},
	{"one function removes a member", "deletes from the roster", tree{
		"server/room/enter.go": "package room\nfunc (r *Room) enter() { delete(r.roster.users, user) }\n",
	}},
	{"one function removes a member", "tells the room to end stays", tree{
		"server/signal/a.go": "package signal\nvar e = room.Exit{Session: s}\n",
	}},
	{"functions fit", "f has 73 lines", tree{"a.go": "package a\nfunc f() {\n" + strings.Repeat("g()\n", 71) + "}\n"}},
	{"files fit", "501 lines", tree{"a.go": strings.Repeat("\n", 501)}},
	{"files fit", "501 lines", tree{"sdk/src/a.ts": strings.Repeat("\n", 501)}},
	{"structs fit", "16 fields", tree{
		"a.go": "package a\ntype t struct { a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p int }\n",
	}},
	{"interfaces fit", "7 methods", tree{"a.go": "package a\ntype t interface { a(); b(); c(); d(); e(); f(); g() }\n"}},
	{"lines fit", "121 characters", tree{"a.mjs": strings.Repeat("x", 121)}},
	{"tests do not sleep", "a_test.go:4", tree{
		"a_test.go": "package a\nimport \"time\"\nfunc f() {\ntime.Sleep(1)\n}\n",
	}},
	{"tests do not sleep", "waitForTimeout", tree{"test/e2e/a.mjs": "await page.waitForTimeout(100);"}},
	{"tests do not sleep", "setTimeout", tree{
		"sdk/test/a.test.ts": "await new Promise((resolve) => setTimeout(resolve, 9));",
	}},
	{"tests are not skipped", "t.Skip", tree{"a_test.go": "package a\nfunc f() { t.Skip() }\n"}},
	{"tests are not skipped", "it.only", tree{"sdk/test/a.test.ts": "it.only('x', f);"}},
	{"tests leave no goroutine", "goleak", tree{"server/host/a_test.go": "package host\n"}},
	{"names say something", `"util"`, tree{"server/util/a.go": "package util\n"}},
	{"names say something", `"types"`, tree{"sdk/src/types.ts": "\n"}},
	{"packages say what they are", "no comment", tree{"a.go": "package a\n"}},
	{"work is finished", "TODO", tree{"a.go": "package a\n// TODO: more.\n"}},
	{"dependencies are few and explained", "16 direct", tree{
		"go.mod": "require (\n" + strings.Repeat("\texample.com/a v1.0.0\n", 16) + ")\n",
	}},
	{"dependencies are few and explained", "no line says why", tree{"go.mod": "require example.com/a v1.0.0\n"}},
	{"dependencies are few and explained", "3 dependencies", tree{
		"sdk/package.json": `{"dependencies": {"a": "1.0.0", "b": "1.0.0", "c": "1.0.0"}}`,
	}},
	{"npm versions are exact", "one exact version", tree{"a/package.json": `{"devDependencies": {"a": "^1.0.0"}}`}},
	{"no machine shows through", "/home/", tree{"a.md": "run it in /home/ann/exeunt"}},
	{"no machine shows through", "resolved", tree{"package-lock.json": `"resolved": "https://mirror.example/a.tgz"`}},
	{"links resolve", "leads nowhere", tree{"a.md": "[gone](b.md)"}},
	{"links resolve", "no heading", tree{"a.md": "# Here\n[there](#there)"}},
	{"the map names files that exist", "server/gone.go", tree{"docs/architecture.md": "see `server/gone.go`"}},
}

// TestTidy_CatchesPlantedFaults shows that each rule finds what it forbids: a rule that never fires is no rule.
func TestTidy_CatchesPlantedFaults(t *testing.T) {
	caught := map[string]bool{}
	for _, plant := range planted {
		t.Run(plant.rule+"/"+plant.finding, func(t *testing.T) {
			findings := strings.Join(ruleNamed(t, plant.rule).check(plant.files), "\n")
			if !strings.Contains(findings, plant.finding) {
				t.Errorf("found %q, which does not say %q", findings, plant.finding)
			}
			caught[plant.rule] = true
		})
	}
	for _, r := range rules {
		if !caught[r.name] {
			t.Errorf("no planted fault shows that the rule %q works", r.name)
		}
	}
}

func ruleNamed(t *testing.T, name string) rule {
	t.Helper()
	for _, r := range rules {
		if r.name == name {
			return r
		}
	}
	t.Fatalf("no rule is called %q", name)
	return rule{}
}
