package eval_test

import (
	"fmt"

	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/eval"
)

// Metrics of probabilities beside the true classes.
func ExampleMetrics() {
	p := &eval.Predictions{
		Probs:  [][]float64{{0.9, 0.1}, {0.4, 0.6}, {0.7, 0.3}, {0.2, 0.8}},
		Labels: []int{0, 1, 1, 1},
	}
	for _, m := range eval.Metrics(dataset.Classification)[:3] {
		fmt.Printf("%s %.3f\n", m.Name, m.Of(p))
	}
	// Output:
	// accuracy 0.750
	// balanced_accuracy 0.833
	// macro_f1 0.733
}

// Two players who are worth nothing alone share what they are worth together.
func ExampleGame_Shapley() {
	g := &eval.Game{Players: 2, Rows: 1, Goals: 1, Value: func(present []bool) ([][]float64, error) {
		if present[0] && present[1] {
			return [][]float64{{10}}, nil
		}
		return [][]float64{{0}}, nil
	}}
	v, err := g.Shapley()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(v.Parts[0][0][0], v.Parts[0][1][0])
	// Output: 5 5
}
