package page

import "testing"

func TestTablesReplaceWhatStandsBetweenTheMarkers(t *testing.T) {
	page := "above\n" + markBegin + "old\n" + markEnd + "below\n"
	want := "above\n" + markBegin + "\nnew\n\n" + markEnd + "below\n"
	if got, err := between(page, "new\n"); err != nil || got != want {
		t.Errorf("got %q, %v", got, err)
	}
	if _, err := between("no markers", "new"); err == nil {
		t.Error("a page without markers was changed")
	}
}
