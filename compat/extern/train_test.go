package extern_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/fusor-ml/fusor"
	"github.com/fusor-ml/fusor/compat/extern"
	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/fusion"
	"github.com/fusor-ml/fusor/train"
)

// manifest writes 160 rows of two vector columns and returns its path. Of four classes, the left
// vector shows the first two from the others, the right one the even from the odd: neither
// suffices. Here and there one of them is missing.
func manifest(t *testing.T) string {
	t.Helper()
	rng := rand.New(rand.NewPCG(1, 2))
	cell := func(bit int) string {
		v := make([]string, 4)
		for i := range v {
			v[i] = fmt.Sprintf("%.3f", 2*float64(bit)-1+0.3*rng.NormFloat64())
		}
		return `"[` + strings.Join(v, ", ") + `]"`
	}
	var b strings.Builder
	b.WriteString("left,right,label\n")
	for i := range 160 {
		left, right := cell(i%4/2), cell(i%2)
		if i%20 == 7 {
			right = ""
		}
		fmt.Fprintf(&b, "%s,%s,class%d\n", left, right, i%4)
	}
	path := filepath.Join(t.TempDir(), "made.csv")
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// A model with the method from outside is trained, saved, loaded and predicts what it predicted.
func TestTrainSaveLoad(t *testing.T) {
	ctx, path := context.Background(), manifest(t)
	o := fusor.TrainOptions{
		Options: fusor.Options{Methods: fusion.Methods.With(extern.Max), NoCache: true}, Seed: 1,
		Recipe: train.Recipe{Fusion: "max", Width: 16, FusionConfig: fusion.Config{"width": 16}, Train: train.Config{Epochs: 30, LR: 0.01}},
	}
	data, err := fusor.Open(path, dataset.Options{})
	if err != nil {
		t.Fatal(err)
	}
	m, _, err := fusor.Train(ctx, data, o)
	if err != nil {
		t.Fatal(err)
	}
	predict := func(m *fusor.Model) []fusor.Prediction {
		t.Helper()
		ds, err := dataset.Open(path, dataset.Options{Schema: m.Schema()})
		if err != nil {
			t.Fatal(err)
		}
		result, err := m.Predict(ctx, ds)
		if err != nil {
			t.Fatal(err)
		}
		p := result.Predictions
		return p
	}
	want := predict(m)
	right := 0
	for i, p := range want {
		if math.IsNaN(p.Probabilities[0]) {
			t.Fatalf("row %d: %v", i, p)
		}
		if p.Class == fmt.Sprintf("class%d", i%4) {
			right++
		}
	}
	if right < 140 { // one vector alone would give 80
		t.Errorf("%d of %d rows are right", right, len(want))
	}

	file := filepath.Join(t.TempDir(), "made.fusor")
	if err := m.Save(file); err != nil {
		t.Fatal(err)
	}
	again, err := fusor.Load(file, o.Options)
	if err != nil {
		t.Fatal(err)
	}
	if got := predict(again); !reflect.DeepEqual(got, want) {
		t.Error("the loaded model predicts something else")
	}
	if _, err := fusor.Load(file, fusor.Options{}); err == nil || !strings.Contains(err.Error(), "max") {
		t.Errorf("loading without the method: %v", err)
	}
}
