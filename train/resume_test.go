package train

import (
	"context"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/fusor-ml/fusor/feature"
	"github.com/fusor-ml/fusor/fusion"
	"github.com/fusor-ml/fusor/internal/flat"
	"github.com/fusor-ml/fusor/model"
)

// A fit goes on from any of its checkpoints, of the search and of the refit, to the same weights
// and history.
func TestResumeFromEveryCheckpoint(t *testing.T) {
	const rows = 90
	rng := rand.New(rand.NewPCG(1, 2))
	vector := &feature.Matrix{Shape: feature.Vector, Dim: 3, Present: make([]bool, rows), Start: make([]int, rows+1)}
	bag := &feature.Matrix{Shape: feature.Sparse, Dim: 5, Present: make([]bool, rows), Start: make([]int, rows+1)}
	set := &model.Set{Views: []*feature.Matrix{vector, bag}}
	var at []int
	for i := range rows {
		set.Class, at = append(set.Class, int32(i%2)), append(at, i)
		vector.Present[i], vector.Start[i+1] = true, i+1
		for range 3 {
			vector.Values = append(vector.Values, float32(i%2)+float32(rng.NormFloat64()))
		}
		bag.Present[i], bag.Start[i+1] = true, i+1
		bag.Values, bag.Index = append(bag.Values, 1), append(bag.Index, int32(rng.IntN(5)))
	}
	for name, c := range map[string]struct {
		views  int // 1: the vector alone; 2: the bag's table too, whose model has no average of the weights
		config Config
		method string
	}{
		"average":    {1, Config{Epochs: 4}, "concat"},
		"no average": {1, Config{Epochs: 4, NoAverage: true}, "concat"},
		"table":      {2, Config{Epochs: 4}, "concat"},
		"momentum":   {1, Config{Epochs: 4, Optimizer: "sgd", Schedule: "constant"}, "concat"},
		"no refit":   {1, Config{Epochs: 4, NoRefit: true}, "concat"},
		"modulated":  {2, Config{Epochs: 4, Modulation: 1, ModulationEpochs: 3}, "quality"},
		"own loss":   {2, Config{Epochs: 4}, "evidential"}, // which counts the epochs
	} {
		t.Run(name, func(t *testing.T) {
			spec := model.Spec{Method: c.method, Outputs: 2, Width: 4, Dropout: 0.2, Auxiliary: 0.5, Prior: []float32{-0.7, -0.7}, Seed: 5}
			for i, m := range set.Views[:c.views] {
				col := string(rune('a' + i))
				spec.Views = append(spec.Views, model.View{Name: col + ".x", Column: col, Shape: m.Shape, Dim: m.Dim, Encoder: model.Encoders(m.Shape)[0]})
			}
			d := Data{Set: &model.Set{Views: set.Views[:c.views], Class: set.Class}, Train: at[:60], Val: at[60:]}
			c.config.Batch, c.config.LR = 7, 0.01
			fit := func(from *Checkpoint, save func(*Checkpoint) error) ([][]float32, *History) {
				t.Helper()
				m, err := model.Build(spec, fusion.Methods)
				if err != nil {
					t.Fatal(err)
				}
				h, err := Fit(context.Background(), m, d, c.config, 1, Hooks{Save: save}, from)
				if err != nil {
					t.Fatal(err)
				}
				return snapshot(m.Params()), h
			}
			var kept [][]byte
			want, history := fit(nil, func(c *Checkpoint) error {
				kept = append(kept, flat.Encode(checkpointFormat, c.flat))
				return nil
			})
			phases := map[string]int{}
			for k, data := range kept {
				c := &Checkpoint{}
				if err := flat.Decode(checkpointFormat, data, c.flat); err != nil {
					t.Fatal(err)
				}
				phases[c.Phase]++
				got, h := fit(c, nil)
				if !reflect.DeepEqual(got, want) {
					t.Errorf("from checkpoint %d, %s: other weights", k, c.Phase)
				}
				if !reflect.DeepEqual(h, history) {
					t.Errorf("from checkpoint %d, %s: history %+v, want %+v", k, c.Phase, h, history)
				}
			}
			if phases[phaseSearch] == 0 || (phases[phaseRefit] == 0) != c.config.NoRefit {
				t.Errorf("checkpoints of %v", phases)
			}
		})
	}
}
