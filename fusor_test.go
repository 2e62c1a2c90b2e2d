package fusor_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/fusor-ml/fusor"
	"github.com/fusor-ml/fusor/artifact"
	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/train"
)

// manifest writes n rows of text, a number, a category and a vector; some cells are empty. Neither
// the text nor the rest shows all four classes. Rows come in conversations of four.
func manifest(t testing.TB, n int) string {
	t.Helper()
	rng := rand.New(rand.NewPCG(3, 4))
	words := [2][]string{{"small", "tiny", "minute"}, {"large", "huge", "vast"}}
	var b strings.Builder
	b.WriteString("label,talk,turn,note,price,shop,track\n")
	for i := range n {
		size, dear := i/2%2, i%2
		note := fmt.Sprintf("a %s thing and a %s one", words[size][rng.IntN(3)], words[size][rng.IntN(3)])
		price := fmt.Sprintf("%.3f", 10*float64(dear)+rng.NormFloat64())
		if i%11 == 5 {
			note = ""
		}
		if i%13 == 6 {
			price = ""
		}
		fmt.Fprintf(&b, "%s%d,%d,%d,%s,%s,%s,\"[%.3f, %.3f]\"\n", []string{"s", "l"}[size], dear, i/4, i%4, note, price,
			[]string{"north", "south"}[rng.IntN(2)], rng.NormFloat64(), float64(dear)+rng.NormFloat64())
	}
	path := filepath.Join(t.TempDir(), "things.csv")
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// options are quick ones.
func options(method string) fusor.Setup {
	return fusor.Setup{
		NoCache: true, Seed: 5,
		Data:   dataset.Options{Ignore: []string{"talk", "turn"}},
		Recipe: train.Recipe{Fusion: method, Width: 16, ModalityDropout: 0.1, Train: train.Config{Epochs: 6, LR: 0.01}},
	}
}

// overRows are options for a Bi-LSTM over the rows of a conversation.
func overRows() fusor.Setup {
	o := options("bilstm")
	o.Data = dataset.Options{Group: "talk", Order: "turn"}
	return o
}

// priced are options for a regression.
func priced() fusor.Setup {
	o := options("tensor")
	o.Data = dataset.Options{Label: "price", Ignore: []string{"talk", "turn", "label"}}
	return o
}

func fit(t testing.TB, ctx context.Context, path string, o fusor.Setup) []byte {
	t.Helper()
	m, _, err := fusor.TrainFile(ctx, path, o)
	if err != nil {
		t.Fatal(err)
	}
	return encode(t, m)
}

func encode(t testing.TB, m *fusor.Model) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := m.Encode(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func predict(t testing.TB, m *fusor.Model, path string) []fusor.Prediction {
	t.Helper()
	ds, err := dataset.Open(path, dataset.Options{Schema: m.Schema()})
	if err != nil {
		t.Fatal(err)
	}
	result, err := m.Predict(context.Background(), ds)
	if err != nil {
		t.Fatal(err)
	}
	p := result.Predictions
	return p
}

// cases are fits of different shape: every encoder and both ways of batching take part.
var cases = map[string]func() fusor.Setup{
	"attention":        func() fusor.Setup { return options("attention") },
	"bilstm over rows": overRows,
	"regression":       priced,
	"modulated": func() fusor.Setup {
		o := options("evidential")
		o.Recipe.Train.Modulation = 0.5
		return o
	},
	"auxiliary heads": func() fusor.Setup {
		o := options("mlb")
		o.Recipe.Auxiliary = new(0.5)
		return o
	},
}

// The same seed yields the same bytes, on any number of cores; another seed others.
func TestSameBytes(t *testing.T) {
	path := manifest(t, 96)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	for name, opt := range cases {
		var first []byte
		for _, cores := range []int{2, 1, 2, 3} {
			runtime.GOMAXPROCS(cores)
			got := fit(t, context.Background(), path, opt())
			if first == nil {
				first = got
			}
			if !bytes.Equal(got, first) {
				t.Errorf("%s: other bytes on %d cores", name, cores)
			}
		}
		o := opt()
		o.Seed++
		if bytes.Equal(fit(t, context.Background(), path, o), first) {
			t.Errorf("%s: another seed gives the same bytes", name)
		}
		for _, secret := range []string{filepath.Dir(path), "things.csv"} {
			if bytes.Contains(first, []byte(secret)) {
				t.Errorf("%s: the artifact holds %q", name, secret)
			}
		}
	}
}

// A training that is stopped after any epoch and resumed ends with the same bytes.
func TestResume(t *testing.T) {
	path := manifest(t, 96)
	for name, opt := range cases {
		want := fit(t, context.Background(), path, opt())
		for stop := 1; stop <= 5; stop += 2 {
			o := opt()
			o.Checkpoint, o.Resume = filepath.Join(t.TempDir(), "m.checkpoint"), true
			ctx, cancel := context.WithCancel(context.Background())
			epochs := 0
			o.Progress = func(p fusor.Progress) {
				if p.Stage == "train" {
					if epochs++; epochs == stop+1 { // the checkpoint of epoch stop is on disk
						cancel()
					}
				}
			}
			if _, _, err := fusor.TrainFile(ctx, path, o); !errors.Is(err, context.Canceled) {
				t.Fatalf("%s, stopped after epoch %d: %v", name, stop, err)
			}
			cancel()
			epochs = -1000
			resumed := 0
			o.Progress = func(p fusor.Progress) {
				if p.Stage == "train" {
					resumed++
				}
			}
			if got := fit(t, context.Background(), path, o); !bytes.Equal(got, want) {
				t.Errorf("%s, stopped after epoch %d: other bytes", name, stop)
			}
			if resumed > 6-stop {
				t.Errorf("%s, stopped after epoch %d: %d epochs were run again", name, stop, resumed)
			}
		}
	}
}

// A checkpoint of another model, or none at all, is refused.
func TestResumeRefuses(t *testing.T) {
	path := manifest(t, 48)
	o := options("mean")
	o.Checkpoint, o.Resume = filepath.Join(t.TempDir(), "m.checkpoint"), true
	if err := os.WriteFile(o.Checkpoint, []byte("junk"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := fusor.TrainFile(context.Background(), path, o); err == nil || !strings.Contains(err.Error(), "checkpoint") {
		t.Errorf("a junk checkpoint: %v", err)
	}
	if err := os.Remove(o.Checkpoint); err != nil {
		t.Fatal(err)
	}
	fit(t, context.Background(), path, o)
	o.Recipe.Width = 8
	if _, _, err := fusor.TrainFile(context.Background(), path, o); err == nil || !strings.Contains(err.Error(), "cannot resume") {
		t.Errorf("a checkpoint of another width: %v", err)
	}
	// One more row, so that the model's shape stays.
	o.Recipe.Width = options("mean").Recipe.Width
	fit(t, context.Background(), path, o)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := bytes.SplitAfter(data, []byte("\n"))
	if err := os.WriteFile(path, append(data, lines[1]...), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := fusor.TrainFile(context.Background(), path, o); err == nil || !strings.Contains(err.Error(), "cannot resume") {
		t.Errorf("a checkpoint of other rows: %v", err)
	}
}

// Many goroutines may share a model; each gets what one alone would.
func TestConcurrentPredict(t *testing.T) {
	path := manifest(t, 64)
	for name, opt := range cases {
		m, _, err := fusor.TrainFile(context.Background(), path, opt())
		if err != nil {
			t.Fatal(err)
		}
		want := predict(t, m, path)
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				for range 3 {
					if got := predict(t, m, path); !reflect.DeepEqual(got, want) {
						t.Errorf("%s: another prediction", name)
					}
				}
			})
		}
		wg.Wait()
	}
}

// A row is predicted alike alone and among others.
func TestPredictAlone(t *testing.T) {
	path := manifest(t, 64)
	m, _, err := fusor.TrainFile(context.Background(), path, options("attention"))
	if err != nil {
		t.Fatal(err)
	}
	want := predict(t, m, path)
	ds, err := dataset.Open(path, dataset.Options{Schema: m.Schema()})
	if err != nil {
		t.Fatal(err)
	}
	rows := ds.Rows
	for i := range rows[:16] {
		ds.Rows = rows[i : i+1]
		result, err := m.Predict(context.Background(), ds)
		if err != nil {
			t.Fatal(err)
		}
		got := result.Predictions
		for k, p := range got[0].Probabilities {
			if d := p - want[i].Probabilities[k]; d > 1e-5 || d < -1e-5 {
				t.Errorf("row %d: %v alone, %v among others", i, got[0].Probabilities, want[i].Probabilities)
			}
		}
	}
}

// A loaded model is the saved one: the same bytes, the same predictions.
func TestSaveLoad(t *testing.T) {
	path := manifest(t, 64)
	for name, opt := range cases {
		m, _, err := fusor.TrainFile(context.Background(), path, opt())
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(t.TempDir(), "m.fusor")
		if err := m.Save(file); err != nil {
			t.Fatal(err)
		}
		again, err := fusor.Load(file, fusor.Setup{NoCache: true}.Options())
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(encode(t, again), encode(t, m)) {
			t.Errorf("%s: other bytes after loading", name)
		}
		if !reflect.DeepEqual(predict(t, again, path), predict(t, m, path)) {
			t.Errorf("%s: other predictions after loading", name)
		}
		left, err := os.ReadDir(filepath.Dir(file))
		if err != nil || len(left) != 1 {
			t.Errorf("%s: %d files where one was saved: %v", name, len(left), err)
		}
	}
}

// The report of a training measures what the model predicts, in the target's units.
func TestTrainReport(t *testing.T) {
	path := manifest(t, 160)
	o := priced()
	o.Recipe.Train.Epochs = 30
	m, rep, err := fusor.TrainFile(context.Background(), path, o)
	if err != nil {
		t.Fatal(err)
	}
	scores := map[string]float64{}
	for _, s := range rep.Test.Scores {
		scores[s.Metric.Name] = s.Summary.Mean
	}
	if mae, ok := scores["mae"]; !ok || mae > 5 || scores["pearson"] < 0.5 { // prices are about 0 or about 10, the mean of them is 5 off
		t.Errorf("a regression's scores: %v", scores)
	}
	if rep.Fusion != "tensor" || rep.Test.Fusion != "tensor" || rep.Test.Confusion != nil {
		t.Errorf("report of %q: %+v", rep.Fusion, rep.Test)
	}
	if v := predict(t, m, path)[1].Value; v < 3 || v > 14 {
		t.Errorf("a price of about 10 is predicted as %g", v)
	}
	if m, _, err = fusor.TrainFile(context.Background(), path, overRows()); err != nil || !m.OverRows() {
		t.Errorf("a model over rows does not say so: %v", err)
	}
}

// A file that is no model is refused, and the error reports which file and why.
func TestLoadRefuses(t *testing.T) {
	dir := t.TempDir()
	f := func(name, content string, want error) {
		t.Helper()
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := fusor.Load(file, fusor.Setup{}.Options())
		if !errors.Is(err, want) || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
	f("empty.fusor", "", artifact.ErrDamaged)
	f("junk.fusor", "not a model at all, just words", artifact.ErrDamaged)
	f("newer.fusor", "\x38\x00\x00\x00\x00\x00\x00\x00"+`{"__metadata__":{"format":"fusor","version":"99"} }     `, artifact.ErrNewer)
	if _, err := fusor.Load(filepath.Join(dir, "none.fusor"), fusor.Setup{}.Options()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
}

// Rows without anything get the class prior and a flag; missing cells are flagged.
func TestFlags(t *testing.T) {
	m, _, err := fusor.TrainFile(context.Background(), manifest(t, 64), options("mean"))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "new.csv")
	table := "note,price,shop,track\na huge thing,2,north,\"[1, 2]\"\n,,,\na tiny thing,,,oops\n,dear,,\"[0, 1]\"\na vast thing,dear,west,\"[0, 1, 2]\"\n"
	if err := os.WriteFile(path, []byte(table), 0o600); err != nil {
		t.Fatal(err)
	}
	got := predict(t, m, path)
	want := [][]string{
		nil,
		{"absent:note", "absent:track", "absent:table", "prior"},
		{"unreadable:track", "absent:table"},
		{"absent:note", "unreadable:table"},
		{"unreadable:track", "partial:table"},
	}
	for i, p := range got {
		if !reflect.DeepEqual(sorted(p.Flags), sorted(want[i])) {
			t.Errorf("row %d: flags %v, want %v", i, p.Flags, want[i])
		}
	}
}

func sorted(s []string) map[string]bool {
	m := map[string]bool{}
	for _, v := range s {
		m[v] = true
	}
	return m
}

// A flag belongs to the row that it is of, whatever the rows' numbers are.
func TestFlagsOfRowsWithOneNumber(t *testing.T) {
	m := saved(t, fusor.Setup{})
	requests := []string{`{"note": "a huge thing", "track": "oops"}`, `{"note": "a huge thing"}`, `{"note": "a huge thing", "price": "dear", "shop": "north"}`, `{"note": {"text": "huge"}}`}
	want := [][]string{
		{"unreadable:track", "absent:table"},
		{"absent:track", "absent:table"},
		{"absent:track", "partial:table"},
		{"unreadable:note", "absent:track", "absent:table", "prior"},
		{"absent:note", "unreadable:track", "absent:table", "prior"},
		{"absent:note", "absent:track", "absent:table", "prior"},
	}
	ds := &dataset.Dataset{Schema: *m.Schema()}
	for _, r := range requests { // each of them is line 1
		ds.Rows = append(ds.Rows, lines(t, m, r).Rows...)
	}
	for _, v := range [][]float32{{1}, nil} { // made by hand, without a number
		row := dataset.Row{Class: -1, Cells: make([]dataset.Cell, len(ds.Schema.Columns))}
		for k, c := range ds.Schema.Columns {
			switch c.Name {
			case "track":
				row.Cells[k].Vector = v
			case "table":
				row.Cells[k].Fields = make([]string, len(c.Fields))
			}
		}
		ds.Rows = append(ds.Rows, row)
	}
	result, err := m.Predict(context.Background(), ds)
	if err != nil {
		t.Fatal(err)
	}
	got := result.Predictions
	for i, p := range got {
		if !reflect.DeepEqual(sorted(p.Flags), sorted(want[i])) {
			t.Errorf("row %d: flags %v, want %v", i, p.Flags, want[i])
		}
	}
}
