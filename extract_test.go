package fusor_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/fusor-ml/fusor"
	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/encoder/onnx"
	"github.com/fusor-ml/fusor/export"
	"github.com/fusor-ml/fusor/extract"
	"github.com/fusor-ml/fusor/internal/codec/npy"
	"github.com/fusor-ml/fusor/media"
)

// mixedTable writes a table of texts, numbers, categories and vectors, some of them missing.
func mixedTable(t *testing.T, n int) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "mixed.csv")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	w := csv.NewWriter(f)
	words := []string{"bad awful poor", "good fine lovely", "so so"}
	w.Write([]string{"id", "kind", "note", "price", "color", "place"}) //nolint:errcheck // w.Error has it
	for i := range n {
		c := i % 3
		row := []string{fmt.Sprint("r", i), []string{"low", "high", "mid"}[c], words[c] + " thing " + fmt.Sprint(i%7), fmt.Sprint(10*c + i%5), []string{"red", "blue"}[i%2], fmt.Sprintf("[%d, %d.5, 1]", c, i%4)}
		switch i % 10 {
		case 3:
			row[2] = ""
		case 5:
			row[5] = ""
		case 7:
			row[3], row[4] = "", ""
		}
		w.Write(row) //nolint:errcheck // w.Error has it
	}
	w.Flush()
	if err := w.Error(); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestExtractInputs: the inputs that are written make the exported graph answer as the model does.
func TestExtractInputs(t *testing.T) {
	ctx := context.Background()
	ds, err := fusor.Open(mixedTable(t, 90), dataset.Options{Label: "kind", Kinds: map[string]media.Kind{"note": media.Text}})
	if err != nil {
		t.Fatal(err)
	}
	var o fusor.TrainOptions
	o.NoCache = true
	o.Recipe.Views = []string{"note.lexical", "note.semantic", "table", "place"}
	o.Recipe.Train.Epochs = 3
	m, _, err := fusor.Train(ctx, ds, o)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := fusor.Open(mixedTable(t, 41), dataset.Options{Label: "kind", Schema: m.Schema()})
	if err != nil {
		t.Fatal(err)
	}
	x, err := fusor.Extract(ctx, rows, extract.Options{Model: m.Model})
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	dir := filepath.Join(t.TempDir(), "inputs")
	if _, err := x.WriteInputs(ctx, dir); err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	if err := export.ONNX(&file, m.Artifact(), export.Options{}); err != nil {
		t.Fatal(err)
	}
	g, err := onnx.Open(fstest.MapFS{"m.onnx": {Data: file.Bytes()}}, "m.onnx", onnx.Options{})
	if err != nil {
		t.Fatal(err)
	}
	inputs := map[string]*onnx.Tensor{}
	for _, in := range g.Inputs() {
		a, err := npy.ReadFile[float64](filepath.Join(dir, in.Name+".npy"))
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(in.Name, ".ids") || strings.HasSuffix(in.Name, ".lengths") {
			inputs[in.Name] = onnx.NewTensor(converted[int64](a.Data), a.Shape...)
		} else {
			inputs[in.Name] = onnx.NewTensor(converted[float32](a.Data), a.Shape...)
		}
	}
	got, err := g.Run(ctx, inputs)
	if err != nil {
		t.Fatal(err)
	}
	want, err := m.Predict(ctx, rows)
	if err != nil {
		t.Fatal(err)
	}
	probs := got["probabilities"].Data.([]float32)
	for i, p := range want.Predictions {
		for k, class := range m.Schema().Classes {
			if d := math.Abs(float64(probs[3*i+k]) - p.Probabilities[k]); !(d < 1e-5) {
				t.Fatalf("row %d, %s: %g, the model %g", i, class, probs[3*i+k], p.Probabilities[k])
			}
		}
	}
}

func converted[T int64 | float32](x []float64) []T {
	out := make([]T, len(x))
	for i, v := range x {
		out[i] = T(v)
	}
	return out
}

// TestExtractAgain: what is written is a data set with the same rows, whose views are those that
// were extracted.
func TestExtractAgain(t *testing.T) {
	ctx := context.Background()
	ds, err := fusor.Open(mixedTable(t, 60), dataset.Options{Label: "kind", Kinds: map[string]media.Kind{"note": media.Text}})
	if err != nil {
		t.Fatal(err)
	}
	arrays := func(ds *dataset.Dataset, views ...string) string {
		t.Helper()
		x, err := fusor.Extract(ctx, ds, extract.Options{Options: fusor.Options{NoCache: true}, Views: views})
		if err != nil {
			t.Fatal(err)
		}
		defer x.Close()
		dir := filepath.Join(t.TempDir(), "arrays")
		if _, err := x.WriteArrays(ctx, dir); err != nil {
			t.Fatal(err)
		}
		return dir
	}
	first := arrays(ds, "note", "table", "place")
	again, err := fusor.Open(first, dataset.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if len(again.Problems) > 0 {
		t.Error(again.Problems)
	}
	for i := range ds.Rows {
		if a, b := &ds.Rows[i], &again.Rows[i]; a.ID != b.ID || a.Label != b.Label || a.Class != b.Class {
			t.Fatalf("row %d: %s %s, was %s %s", i, b.ID, b.Label, a.ID, a.Label)
		}
	}
	second := arrays(again)
	for _, name := range []string{"note.lexical", "note.syntactic", "note.semantic", "note.words", "table.fields", "place.vector"} {
		sameArrays(t, filepath.Join(first, name), second, name)
	}
}

// sameArrays compares the files of a view in two folders, whose second name has the shape appended.
func sameArrays(t *testing.T, path, dir, name string) {
	t.Helper()
	for _, ending := range []string{".npy", ".npz"} {
		want, err := os.ReadFile(path + ending)
		if err != nil {
			continue
		}
		found, err := filepath.Glob(filepath.Join(dir, name+".*"+ending))
		if err != nil || len(found) != 1 {
			t.Errorf("%s: %d files (%v)", name, len(found), err)
			continue
		}
		got, err := os.ReadFile(found[0])
		if err != nil {
			t.Error(err)
		} else if !bytes.Equal(got, want) {
			t.Errorf("%s is another array when it is extracted again", name)
		}
		return
	}
	t.Errorf("%s is not there", path)
}

// TestSequencesAgain: sequences and their lengths come back from the arrays, as do those of tables
// that name an array a row, and models are trained on both.
func TestSequencesAgain(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()
	var labels, named strings.Builder
	labels.WriteString("id,label\n")
	named.WriteString("id,label,clip\n")
	const n, steps, dim = 40, 5, 3
	values := make([]float32, n*steps*dim)
	for i := range n {
		fmt.Fprintf(&labels, "r%d,%d\n", i, i%2)
		fmt.Fprintf(&named, "r%d,%d,%d.npy\n", i, i%2, i)
		long := 1 + i%steps
		if i == 7 {
			long = 0
		}
		row := values[i*steps*dim:][:steps*dim]
		for k := range row {
			if row[k] = float32(i%2) + float32(k*i%7)/10; k >= long*dim {
				row[k] = float32(math.NaN())
			}
		}
		if long > 0 {
			writeArray(t, filepath.Join(dir, fmt.Sprint(i, ".npy")), row[:long*dim], long, dim)
		}
	}
	arrays := filepath.Join(dir, "arrays")
	if err := os.Mkdir(arrays, 0o755); err != nil {
		t.Fatal(err)
	}
	writeArray(t, filepath.Join(arrays, "clip.npy"), values, n, steps, dim)
	for path, text := range map[string]string{filepath.Join(arrays, "labels.csv"): labels.String(), filepath.Join(dir, "named.csv"): named.String()} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, path := range []string{arrays, filepath.Join(dir, "named.csv")} {
		ds, err := fusor.Open(path, dataset.Options{Kinds: map[string]media.Kind{"clip": media.Sequence}})
		if err != nil {
			t.Fatal(err)
		}
		if c := ds.Schema.Columns[0]; c.Kind != media.Sequence || c.Dim != dim {
			t.Fatalf("%s: the column is %+v", path, c)
		}
		x, err := fusor.Extract(ctx, ds, extract.Options{Options: fusor.Options{NoCache: true, AllowMissing: []string{"clip"}}})
		if err != nil {
			t.Fatal(err)
		}
		out := filepath.Join(t.TempDir(), "again")
		_, err = x.WriteArrays(ctx, out)
		x.Close()
		if err != nil {
			t.Fatal(err)
		}
		a, err := npy.ReadFile[float32](filepath.Join(out, "clip.sequence.npy"))
		if err != nil {
			t.Fatal(err)
		}
		for i, v := range a.Data {
			if v != values[i] && (v == v || values[i] == values[i]) {
				t.Fatalf("%s: value %d is %g, want %g", path, i, v, values[i])
			}
		}
		var o fusor.TrainOptions
		o.NoCache, o.Recipe.Train.Epochs = true, 2
		if _, _, err := fusor.Train(ctx, ds, o); err != nil {
			t.Error(err)
		}
	}
}

func writeArray(t *testing.T, path string, data []float32, shape ...int) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := npy.Write(f, shape, data); err != nil {
		t.Fatal(err)
	}
}

// TestExtractNumPy: NumPy and SciPy read what is written.
func TestExtractNumPy(t *testing.T) {
	interpreter := os.Getenv("FUSOR_PYTHON")
	if interpreter == "" {
		interpreter = "python3"
	}
	if err := exec.Command(interpreter, "-c", "import numpy, scipy.sparse").Run(); err != nil {
		t.Skipf("%s with numpy and scipy is not there: %v", interpreter, err)
	}
	ctx := context.Background()
	ds, err := fusor.Open(mixedTable(t, 30), dataset.Options{Label: "kind", Kinds: map[string]media.Kind{"note": media.Text}})
	if err != nil {
		t.Fatal(err)
	}
	x, err := fusor.Extract(ctx, ds, extract.Options{Options: fusor.Options{NoCache: true}, Views: []string{"note", "place"}})
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	dir := filepath.Join(t.TempDir(), "arrays")
	if _, err := x.WriteArrays(ctx, dir); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(interpreter, "-c", `
import sys, numpy as np, scipy.sparse as sp
d = sys.argv[1] + "/"
bag, place, ids = sp.load_npz(d + "note.lexical.npz"), np.load(d + "place.vector.npy"), np.load(d + "note.semantic.npy")
print(bag.format, bag.shape[0], bag.dtype, bag.has_sorted_indices, abs(np.sqrt(bag.multiply(bag).sum(1)) - 1)[np.array(bag.getnnz(1)) > 0].max() < 1e-5, (bag.getnnz(1) == 0).nonzero()[0].tolist())
print(place.shape, place.dtype, np.isnan(place).all(1).nonzero()[0].tolist(), place[1].tolist())
print(ids.dtype, (ids == -1).all(1).nonzero()[0].tolist())
`, dir).CombinedOutput()
	want := "csr 30 float32 True True [3, 13, 23]\n(30, 3) float32 [5, 15, 25] [1.0, 1.5, 1.0]\nint64 [3, 13, 23]\n"
	if err != nil || string(out) != want {
		t.Errorf("%v\n%swant\n%s", err, out, want)
	}
}
