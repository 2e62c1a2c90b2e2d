package feature_test

import (
	"context"
	"fmt"
	"strings"

	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/feature"
	"github.com/fusor-ml/fusor/feature/views"
)

// The views of a vector column: frozen features of every row, scaled by a state that is fitted on
// training rows.
func ExampleExtractor_Extract() {
	rows := `{"label": "a", "v": [1, 10]}
{"label": "b", "v": [3, 30]}
{"label": "a", "v": [2, 20]}
`
	ds, err := dataset.Read(strings.NewReader(rows), "rows.jsonl", dataset.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	refs, err := views.All().Select(&ds.Schema, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	var e feature.Extractor
	features, problems, err := e.Extract(context.Background(), ds, refs)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer features.Close()
	var raw feature.Raw
	fitter := refs[0].View.NewFitter(feature.PerFeature)
	for _, row := range []int{0, 1} { // the training rows
		if err := features.Stores[0].Get(row, &raw); err != nil {
			fmt.Println(err)
			return
		}
		fitter.Add(raw)
	}
	state, err := fitter.State()
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := features.Stores[0].Get(2, &raw); err != nil {
		fmt.Println(err)
		return
	}
	var scaled feature.Raw
	state.Apply(&scaled, raw)
	fmt.Println(refs[0].Name, len(problems), scaled.Values)
	// Output: v.vector 0 [0 0]
}
