package api

import (
	"os"
	"strings"
	"testing"
)

// TestTheDocsNameEverything: each action and its parameters, each rule in the spelling of the file, each right.
func TestTheDocsNameEverything(t *testing.T) {
	for page, names := range map[string][]string{"control-api.md": actionNames(), "operate.md": ruleNames(Kebab)} {
		text, err := os.ReadFile("../../docs/" + page)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			if !strings.Contains(string(text), "`"+name+"`") {
				t.Errorf("%s does not name %s", page, name)
			}
		}
	}
}

// actionNames are the words that a caller must know.
func actionNames() []string {
	var names []string
	for name, a := range actions {
		own, twin := strings.CutSuffix(name, "ByStrRoomId")
		names = append(names, own, a.group)
		if !twin {
			names = append(names, a.parameters...)
		}
	}
	return names
}
