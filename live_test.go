package fusor_test

import (
	"context"
	"strings"
	"testing"

	"github.com/fusor-ml/fusor"
)

// Every fold describes what it shows as soon as it is through.
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
	if _, err := fusor.CompareFile(context.Background(), manifest(t, 90), []string{"mean", "concat"}, o); err != nil {
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

// After an interruption, steps that were kept are told from steps that are made now, so that the
// time left can be foretold.
func TestCompareTellsKeptFits(t *testing.T) {
	path, dir := manifest(t, 90), t.TempDir()
	run := func(stop int) (kept []bool) {
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		o := options("")
		o.Folds, o.Threads, o.Dir = 2, 1, dir
		o.Recipe.Train.Epochs, o.Recipe.Train.Patience = 200, 200 // long enough to be longer than reading it
		o.Progress = func(p fusor.Progress) {
			if p.Stage != "compare" {
				return
			}
			if kept = append(kept, p.Kept); len(kept) == stop {
				cancel()
			}
		}
		if _, err := fusor.CompareFile(ctx, path, []string{"mean", "concat"}, o); err != nil && stop == 0 {
			t.Fatal(err)
		}
		return kept
	}
	if first := run(2); first[0] || first[1] {
		t.Errorf("new fits are told as kept: %v", first)
	}
	if second := run(0); !second[0] || second[len(second)-1] || second[2] {
		t.Errorf("kept fits are not told: %v", second)
	}
}
