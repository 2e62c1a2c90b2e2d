package feature

import (
	"context"
	"errors"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/fusor-ml/fusor/dataset"
)

func TestProblemsAreLocatedAndInOrder(t *testing.T) {
	m := newLetters()
	m.views[1].(*letterView).denied = "half"
	ds := lettersData(t, "good", "broken", "-", "panic", "half", "!", "part", "good")
	for _, workers := range []int{1, 3} {
		e := Extractor{Workers: workers}
		b, problems, err := e.Extract(context.Background(), ds, m.refs(t, ds))
		if err != nil {
			t.Fatal(err)
		}
		absent, rest := "the row is used with this modality absent", "what could be read is used"
		want := []struct {
			row          int
			what, advice string
		}{
			{3, "not a text: it is broken", absent},
			{5, "cannot decode: index out of range", absent},
			{6, "no second", absent},
			{7, "no such file: " + filepath.Join(ds.Dir, "5.txt"), absent},
			{8, "half of it is missing", rest},
		}
		if len(problems) != len(want) {
			t.Fatalf("%d problems: %v", len(problems), problems)
		}
		for i, w := range want {
			p := problems[i]
			if code := map[string]string{absent: "cell.unreadable", rest: "cell.partly"}[w.advice]; p.Code != code {
				t.Errorf("problem %d has the code %q, want %q", i, p.Code, code)
			}
			p.Code = ""
			if p != (dataset.Problem{File: ds.Path, Row: w.row, Column: "file", What: w.what, Advice: w.advice}) {
				t.Errorf("problem %d: %+v, want %+v", i, p, w)
			}
		}
		if got, want := texts(t, b.Stores[0], 1), []string{"good", "", "", "", "half", "", "part", "good"}; !slices.Equal(got, want) {
			t.Errorf("first: %q", got)
		}
		if got, want := texts(t, b.Stores[1], -2), []string{"good", "", "", "", "", "", "part", "good"}; !slices.Equal(got, want) {
			t.Errorf("second: %q", got)
		}
	}
}

// A file that is missing, broken or read in part is a problem the second time as well.
func TestProblemsAreNotCached(t *testing.T) {
	m, dir := newLetters(), t.TempDir()
	m.views[1].(*letterView).denied = "half"
	ds := lettersData(t, "good", "broken", "panic", "half", "!", "part")
	var first dataset.Problems
	for i := range 3 {
		c := OpenCache(dir)
		e := Extractor{Cache: c}
		b, problems, err := e.Extract(context.Background(), ds, m.refs(t, ds))
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			first = problems
		}
		if len(problems) != 5 || !slices.Equal(problems, first) {
			t.Errorf("run %d: %v, want %v", i, problems, first)
		}
		if got := texts(t, b.Stores[0], 1); !slices.Equal(got, []string{"good", "", "", "half", "", "part"}) {
			t.Errorf("run %d: %q", i, got)
		}
	}
}

func TestAPanicInAViewKeepsTheOthers(t *testing.T) {
	m := newLetters()
	ds := lettersData(t, "late panic", "fine")
	e := Extractor{}
	b, problems, err := e.Extract(context.Background(), ds, m.refs(t, ds))
	if err != nil {
		t.Fatal(err)
	}
	if len(problems) != 1 || problems[0].Row != 2 || !strings.Contains(problems[0].What, "nil map") {
		t.Errorf("%v", problems)
	}
	if got := texts(t, b.Stores[0], 1); got[0] != "late panic" || got[1] != "fine" {
		t.Errorf("%q", got)
	}
	if b.Stores[1].Present(0) || !b.Stores[1].Present(1) {
		t.Error("the view that failed is present, or its next row is not")
	}
}

func TestResultsDoNotDependOnWorkers(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	var contents []string
	for i := range 300 {
		contents = append(contents, strings.Repeat(string(rune('a'+i%26)), 1+i*7%40))
	}
	contents[17], contents[200] = "broken", "-"
	var want []string
	for _, workers := range []int{1, 2, 7, 0} {
		runtime.GOMAXPROCS(1 + workers%4)
		m := newLetters()
		ds := lettersData(t, contents...)
		last, calls := 0, 0
		e := Extractor{Workers: workers, Progress: func(done, total int) {
			if done != last+1 || total != len(contents) {
				t.Errorf("progress %d of %d after %d", done, total, last)
			}
			last, calls = done, calls+1
		}}
		b, problems, err := e.Extract(context.Background(), ds, m.refs(t, ds))
		if err != nil || len(problems) != 1 {
			t.Fatal(err, problems)
		}
		if calls != len(contents) {
			t.Errorf("%d calls of Progress for %d rows", calls, len(contents))
		}
		got := append(texts(t, b.Stores[0], 1), texts(t, b.Stores[1], -2)...)
		if want == nil {
			want = got
		}
		if !slices.Equal(got, want) {
			t.Errorf("%d workers give something else", workers)
		}
	}
}

// Progress counts cells: two columns are twice the work.
func TestTwoColumns(t *testing.T) {
	m := newLetters()
	ds := lettersData(t, "a", "broken", "c")
	ds.Schema.Columns = append(ds.Schema.Columns, dataset.Column{Name: "again", Kind: m.Kind()})
	for i := range ds.Rows {
		ds.Rows[i].Cells = append(ds.Rows[i].Cells, ds.Rows[2-i].Cells[0])
	}
	most := 0
	e := Extractor{Progress: func(done, total int) { most = max(most, done); _ = total }}
	b, problems, err := e.Extract(context.Background(), ds, m.refs(t, ds))
	if err != nil || most != 6 {
		t.Fatal(err, most)
	}
	if len(problems) != 2 || problems[0].Column != "again" || problems[1].Column != "file" || problems[0].Row != problems[1].Row {
		t.Errorf("%v", problems)
	}
	if got := texts(t, b.Stores[2], 1); b.Refs[2].Name != "again.first" || !slices.Equal(got, []string{"c", "", "a"}) {
		t.Errorf("%s: %q", b.Refs[2].Name, got)
	}
}

func TestExtractionCanBeCanceled(t *testing.T) {
	m := newLetters()
	contents := make([]string, 500)
	for i := range contents {
		contents[i] = "x"
	}
	ds := lettersData(t, contents...)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	e := Extractor{Workers: 2, Progress: func(done, _ int) {
		if done == 10 {
			cancel()
		}
	}}
	b, _, err := e.Extract(ctx, ds, m.refs(t, ds))
	if !errors.Is(err, context.Canceled) || b != nil {
		t.Errorf("error %v", err)
	}
	if n := m.opened.Load(); n < 10 || n > 20 {
		t.Errorf("%d files were opened", n)
	}
}

// A disk that is full is no problem of a row: the extraction fails.
func TestAStoreThatCannotBeWrittenFails(t *testing.T) {
	gone := filepath.Join(t.TempDir(), "gone")
	m, large, cache := newLetters(), strings.Repeat("x", spillBytes/8), t.TempDir()
	ds := lettersData(t, large+"a", large+"b", large+"c")
	t.Setenv("TMPDIR", gone)
	t.Setenv("TMP", gone)
	for range 2 { // computed, then remembered
		c := OpenCache(cache)
		e := Extractor{Cache: c}
		if _, problems, err := e.Extract(context.Background(), ds, m.refs(t, ds)); err == nil || len(problems) > 0 {
			t.Errorf("error %v, problems %v", err, problems)
		}
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// A row that was made by hand may lack cells: that is an error in the caller's goroutine.
func TestARowWithoutCellsIsRefused(t *testing.T) {
	m := newLetters()
	ds := lettersData(t, "a", "b")
	ds.Rows[1].Cells = nil
	refs := m.refs(t, ds)
	e := Extractor{}
	_, _, err := e.Extract(context.Background(), ds, refs)
	if err == nil || !strings.Contains(err.Error(), "Rows[1] (line 3) has 0 cells, the schema 1 columns") {
		t.Errorf("extracted: %v", err)
	}
	if _, err := e.Variants(context.Background(), ds, refs, 1, nil); err == nil || !strings.Contains(err.Error(), "Rows[1]") {
		t.Errorf("varied: %v", err)
	}
}
