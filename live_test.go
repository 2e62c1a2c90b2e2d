package fusor_test

import (
	"context"
	"strings"
	"testing"

	"github.com/fusor-ml/fusor"
)

// Every fold says what it shows as soon as it is through.
func TestCompareReportsFoldsAsTheyCome(t *testing.T) {
	o := options("")
	o.Folds, o.Threads = 3, 1
	var notes []string
	before := 0
	o.Progress = func(p fusor.Progress) {
		if p.Note != "" {
			notes = append(notes, p.Note)
			if len(notes) == 1 {
				before = p.Total - p.Done
			}
		}
	}
	if _, err := fusor.Compare(context.Background(), manifest(t, 90), []string{"mean", "concat"}, o); err != nil {
		t.Fatal(err)
	}
	if len(notes) != 3 || before == 0 {
		t.Fatalf("notes %q, the first with %d fits to go", notes, before)
	}
	for _, want := range []string{"fold 1 of 3: ", " %, ", "validation accuracy"} {
		if !strings.Contains(notes[0], want) {
			t.Errorf("%q lacks %q", notes[0], want)
		}
	}
}
