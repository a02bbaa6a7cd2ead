package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// root is the repository, seen from here.
const root = "../.."

// TestThePageIsFresh holds the committed page to the rows and to the tests that there are. What came of the tests is
// known only after they ran, so that column is left out.
func TestThePageIsFresh(t *testing.T) {
	c, err := readCatalogue(root)
	if err != nil {
		t.Fatal(err)
	}
	committed, err := os.ReadFile(filepath.Join(root, page))
	if err != nil {
		t.Fatal(err)
	}
	have := strings.Split(withoutResults(string(committed)), "\n")
	want := strings.Split(withoutResults(c.page()), "\n")
	for i := range want {
		if i >= len(have) || have[i] != want[i] {
			t.Fatalf("%s:%d is stale: run `make failures` after `make test`\nwant %s", page, i+1, want[i])
		}
	}
	if len(have) > len(want) {
		t.Errorf("%s is stale: run `make failures` after `make test`", page)
	}
}

func withoutResults(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		if cells := strings.Split(line, " | "); len(cells) == 4 {
			lines[i] = strings.Join(cells[:3], " | ")
		}
	}
	return strings.Join(lines, "\n")
}

func TestEveryRowIsThereOnce(t *testing.T) {
	rows, err := readRows(root)
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 149 {
		t.Errorf("there are %d rows, not 149", len(rows))
	}
	for name, broken := range map[string][]row{
		"one is missing":      slices.Delete(slices.Clone(rows), 7, 8),
		"one is there twice":  slices.Insert(slices.Clone(rows), 7, rows[7]),
		"one is too many":     append(slices.Clone(rows), row{id: "N1"}),
		"the last is missing": rows[:148],
	} {
		if checkWhole(broken) == nil {
			t.Errorf("nothing is said when %s", name)
		}
	}
}

func TestRowsSayWhatIsWrongWithThem(t *testing.T) {
	for line, want := range map[string]string{
		"A1":                          "not 1 cells",
		"A1 | wrong | held: T | none": "not 4 cells",
		"A1 | wrong | because: x":     "begins with held or none",
	} {
		if _, err := parseRow(line); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, which does not say %q", line, err, want)
		}
	}
}

func TestIdsAreFoundInNames(t *testing.T) {
	for name, want := range map[string][]string{
		"TestA6_LateCleanupKeepsNewSession": {"A6"},
		"TestB1_B5_Resume":                  {"B1", "B5"},
		"TestF4":                            {"F4"},
		"TestI2_ManyCausesOneRecord":        nil, // Invariant I-2.
		"TestS10_DismissalReaches1000":      nil,
		"TestAFullDoorSaysSo":               nil,
	} {
		if got := idsOfFunction(name); !slices.Equal(got, want) {
			t.Errorf("%s carries %v, not %v", name, got, want)
		}
	}
	for title, want := range map[string][]string{
		"C6: what is set up":           {"C6"},
		"C2 C7 C22 everything":         {"C2", "C7", "C22"},
		"muting is no leave (B4)":      {"B4"},
		"D9, H1: refused":              {"D9", "H1"},
		"I-5: a listener that is late": nil,
		"H264 arrives as H264":         nil,
		"the E2E test":                 nil,
	} {
		if got := idsOfTitle(title); !slices.Equal(got, want) {
			t.Errorf("%q carries %v, not %v", title, got, want)
		}
	}
}

func TestTestsOfScriptsAreFound(t *testing.T) {
	tests := scriptTests("a.test.ts", "test('C1: it\\'s off', f);\n  it(`D1: after ${ms} ms`, f);\n"+
		"test.each([1, 2])('D4 from %s', f);\ntest.each([\n  1,\n])(\"E1\", f);\nregexp.test(x);\n")
	var names []string
	for _, each := range tests {
		names = append(names, each.name)
	}
	if want := []string{`C1: it's off`, "D1: after … ms", "D4 from …", "E1"}; !slices.Equal(names, want) {
		t.Fatalf("found %q, not %q", names, want)
	}
	for i, ran := range []string{"C1: it's off", "D1: after 20 ms", "group > D4 from here", "E1"} {
		if !tests[i].runs.MatchString(ran) {
			t.Errorf("%q does not match %q", tests[i].name, ran)
		}
	}
	if tests[1].runs.MatchString("D1: after 20 s") {
		t.Error("another title matches")
	}
}

func TestTheWorstResultCounts(t *testing.T) {
	row := func(id string) []row { return []row{{id: id, wrong: "x"}} }
	tests := goTests("server/room/a_test.go", []byte("package a\nfunc TestA6_One(t *testing.T) {}\n"+
		"func TestAll(t *testing.T) { t.Run(\"A6: two\", f) }\n"))
	for results, want := range map[string]result{
		"passed TestA6_One, passed TestAll/A6:_two": passed,
		"passed TestA6_One, failed TestAll/A6:_two": failed,
		"passed TestA6_One":                         notRun,
	} {
		noted := outcomes{}
		for _, each := range strings.Split(results, ", ") {
			word, name, _ := strings.Cut(each, " ")
			noted["server/room"] = append(noted["server/room"], outcome{name, readResult(word)})
		}
		c, err := assign(row("A6"), tests)
		if err != nil {
			t.Fatal(err)
		}
		if c.judge(noted); c.rows[0].result != want {
			t.Errorf("after %s the row says %q", results, c.rows[0].result)
		}
	}
}

func TestTheVerdict(t *testing.T) {
	holding := []foundTest{{name: "T"}}
	for name, each := range map[string]struct {
		rows []row
		want string
	}{
		"a row with neither":   {[]row{{id: "A1"}}, "A1 has neither"},
		"a failed test":        {[]row{{id: "A1", tests: holding, result: failed}}, "A1: a test failed"},
		"a test that ran not":  {[]row{{id: "A1", tests: holding, result: notRun}}, "0 rows are held"},
		"a reason holds not":   {[]row{{id: "A1", none: "because"}}, "0 rows are held"},
		"everything as wanted": {[]row{{id: "A1", tests: holding, result: passed}, {id: "A2", none: "because"}}, ""},
	} {
		err := (&catalogue{each.rows}).verdict(1)
		if (err == nil) != (each.want == "") || (err != nil && !strings.Contains(err.Error(), each.want)) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := assign([]row{{id: "A1", named: []string{"TestGone"}}}, nil); err == nil {
		t.Error("a row may name a test that is not there")
	}
	if _, err := assign([]row{{id: "A1"}}, []foundTest{{name: "TestA99_X", ids: []string{"A99"}}}); err == nil {
		t.Error("a test may name a row that is not there")
	}
}

// TestOnlyFailuresAreHeard shows what a person sees of a run, and what is noted of it.
func TestOnlyFailuresAreHeard(t *testing.T) {
	events := `{"Action":"output","Package":"github.com/exeunt/exeunt/server/room","Test":"TestA","Output":"fine\n"}
{"Action":"pass","Package":"github.com/exeunt/exeunt/server/room","Test":"TestA"}
{"Action":"output","Package":"github.com/exeunt/exeunt/server/room","Test":"TestB","Output":"oh no\n"}
{"Action":"fail","Package":"github.com/exeunt/exeunt/server/room","Test":"TestB"}
{"Action":"output","Package":"github.com/exeunt/exeunt/server/room","Output":"PASS\n"}
{"Action":"build-output","ImportPath":"x","Output":"does not compile\n"}
not JSON
{"Action":"output","Package":"github.com/exeunt/exeunt/server/room","Output":"FAIL\tserver/room\n"}
`
	var people strings.Builder
	noted, err := digest(strings.NewReader(events), &people)
	if err != nil {
		t.Fatal(err)
	}
	if want := "oh no\ndoes not compile\nnot JSON\nFAIL\tserver/room\n"; people.String() != want {
		t.Errorf("a person sees %q, not %q", people.String(), want)
	}
	if want := "passed\tserver/room\tTestA\nfailed\tserver/room\tTestB\n"; noted != want {
		t.Errorf("noted is %q, not %q", noted, want)
	}
}
