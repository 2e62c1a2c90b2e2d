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
