package fusor_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fusor-ml/fusor"
	"github.com/fusor-ml/fusor/dataset"
)

// saved trains and loads a small model, as a service has it.
func saved(t *testing.T, o fusor.Setup) *fusor.Model {
	t.Helper()
	m, _, err := fusor.TrainFile(context.Background(), manifest(t, 64), options("mean"))
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "m.fusor")
	if err := m.Save(file); err != nil {
		t.Fatal(err)
	}
	o.NoCache = true
	if m, err = fusor.Load(file, o.Options()); err != nil {
		t.Fatal(err)
	}
	return m
}

// lines reads JSON lines and keeps every row, those that could not be read too.
func lines(t *testing.T, m *fusor.Model, text string) *dataset.Dataset {
	t.Helper()
	ds := &dataset.Dataset{Schema: *m.Schema()}
	for line, err := range dataset.ReadJSONLines(strings.NewReader(text), os.DirFS("."), m.Schema()) {
		if err != nil {
			t.Fatal(err)
		}
		ds.Rows = append(ds.Rows, line.Row)
	}
	return ds
}

// refused is an error that explains why.
func refused(t *testing.T, what string, err error, why string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), why) {
		t.Errorf("%s: error %v, want %q", what, err, why)
	}
}

// The row of a line that could not be read has no cells.
func TestMalformedLine(t *testing.T) {
	m := saved(t, fusor.Setup{})
	ds := lines(t, m, `{"note": "a huge thing"}`+"\nnot JSON\n")
	_, err := m.Predict(context.Background(), ds)
	refused(t, "Predict", err, "Rows[1] (line 2) has 0 cells")
	ds.Rows[0].Label, ds.Rows[0].Class = "s0", 0
	_, err = m.Evaluate(context.Background(), ds, nil)
	refused(t, "Evaluate", err, "Rows[1] (line 2) has 0 cells")
	_, err = m.Explain(context.Background(), ds, fusor.ExplainOptions{})
	refused(t, "Explain", err, "Rows[1] (line 2) has 0 cells")
}

// A service that reads a request by OpenJSONLines finds the files of its folder, and reports which
// it could not read.
func TestRequestWithFiles(t *testing.T) {
	m, dir := saved(t, fusor.Setup{}), t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "note.txt"), []byte("a huge thing"), 0o600); err != nil {
		t.Fatal(err)
	}
	ds, err := dataset.OpenJSONLines(strings.NewReader(`{"note": "note.txt", "track": [1, 2], "price": 3}`+"\n"+`{"track": "none.npy", "price": 3}`), os.DirFS(dir), m.Schema())
	if err != nil {
		t.Fatal(err)
	}
	result, err := m.Predict(context.Background(), ds)
	if err != nil {
		t.Fatal(err)
	}
	got, problems := result.Predictions, result.Problems
	if len(got[0].Flags) > 0 || strings.Join(got[1].Flags, " ") != "absent:note unreadable:track" || len(problems) != 1 {
		t.Errorf("flags %v and %v, problems %v", got[0].Flags, got[1].Flags, problems)
	}
}

func TestWrongArguments(t *testing.T) {
	ctx := context.Background()
	m := saved(t, fusor.Setup{})
	ds := lines(t, m, `{"label": "s0", "note": "a tiny thing"}`+"\n"+`{"label": "l1", "note": "a vast thing"}`)
	if _, err := m.Evaluate(ctx, ds, []int{1}); err != nil {
		t.Error(err)
	}
	for _, c := range []struct {
		rows []int
		why  string
	}{{[]int{5}, "row 5 is asked for"}, {[]int{-1}, "row -1 is asked for"}, {[]int{1, 0, 1}, "row 1 is asked for twice"}, {[]int{}, "no row has a label"}} {
		_, err := m.Evaluate(ctx, ds, c.rows)
		refused(t, "Evaluate", err, c.why)
		_, err = m.Explain(ctx, ds, fusor.ExplainOptions{Rows: c.rows})
		refused(t, "Explain", err, c.why)
	}
	_, err := m.Predict(ctx, nil)
	refused(t, "Predict", err, "no data set")
	_, err = m.Evaluate(ctx, nil, nil)
	refused(t, "Evaluate", err, "no data set")
	_, err = m.Explain(ctx, nil, fusor.ExplainOptions{})
	refused(t, "Explain", err, "no data set")
	if _, ok := m.HeldOut(nil); ok || m.Fitted(nil, nil) != -1 || m.Fitted(ds, []int{9}) != -1 {
		t.Error("held out rows of no data set")
	}
	for _, c := range []struct {
		o   fusor.ExplainOptions
		why string
	}{
		{fusor.ExplainOptions{Noise: []string{"typos", "zzz"}}, `no kind of noise "zzz"; there are none, typos, `},
		{fusor.ExplainOptions{Noise: []string{"none", "typos"}}, "stands alone"},
		{fusor.ExplainOptions{NoiseRows: -1}, "below 0"},
	} {
		_, err = m.Explain(ctx, ds, c.o)
		refused(t, "Explain", err, c.why)
	}
	ds.Rows[1].Class = 4
	_, err = m.Evaluate(ctx, ds, nil)
	refused(t, "Evaluate", err, `row 1 has the label "l1" and the class 4`)
}

func TestFittedOfRowsThatAreNotThere(t *testing.T) {
	path := manifest(t, 64)
	m, _, err := fusor.TrainFile(context.Background(), path, options("mean"))
	if err != nil {
		t.Fatal(err)
	}
	ds, err := dataset.Open(path, dataset.Options{Schema: m.Schema()})
	if err != nil {
		t.Fatal(err)
	}
	if n := m.Fitted(ds, nil); n < 1 {
		t.Errorf("fitted on %d rows", n)
	}
	if n := m.Fitted(ds, []int{0, 64}); n != -1 {
		t.Errorf("fitted on %d of rows that are not there", n)
	}
}

func TestOptionsThatContradict(t *testing.T) {
	path, ctx := manifest(t, 64), context.Background()
	o := options("mean")
	o.Recipe.Train.Seed = o.Seed
	if _, _, err := fusor.TrainFile(ctx, path, o); err != nil {
		t.Errorf("the same seed twice: %v", err)
	}
	o.Recipe.Train.Seed++
	_, _, err := fusor.TrainFile(ctx, path, o)
	refused(t, "two seeds in Train", err, "the recipe's seed is 6 and that of the options 5")
	_, err = fusor.CompareFile(ctx, path, nil, o)
	refused(t, "two seeds in Compare", err, "the recipe's seed is 6")
}
