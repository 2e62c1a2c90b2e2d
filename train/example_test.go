package train_test

import (
	"context"
	"fmt"
	"strings"

	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/feature"
	"github.com/fusor-ml/fusor/feature/views"
	"github.com/fusor-ml/fusor/fusion"
	"github.com/fusor-ml/fusor/train"
)

// A run is prepared once, its views fitted to the training rows; any number of models are then
// trained on it.
func ExamplePrepare() {
	var rows strings.Builder
	rows.WriteString("label,left,right\n")
	for i := range 80 { // which of two vectors points up
		fmt.Fprintf(&rows, "%c,\"[%d, 1]\",\"[%d, 2]\"\n", "ab"[i%2], i%2, 1-i%2)
	}
	ds, err := dataset.Read(strings.NewReader(rows.String()), "rows.csv", dataset.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	refs, err := views.All().Select(&ds.Schema, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	features, _, err := (&feature.Extractor{}).Extract(ctx, ds, refs)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer features.Close()
	plan, err := dataset.HoldOut(ds, dataset.PlanOptions{})
	if err != nil {
		fmt.Println(err)
		return
	}
	src := train.Source{Data: ds, Features: features, Methods: fusion.Methods}
	p, err := train.Prepare(ctx, src, plan.Runs[0], train.Recipe{}, 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, method := range []string{"mean", "gated"} {
		f, err := p.Fit(ctx, train.Recipe{Fusion: method}, []int{0, 1}, 1, train.Hooks{}, nil)
		if err != nil {
			fmt.Println(err)
			return
		}
		scores, err := p.Predict(ctx, f, p.Run.Test, 1)
		if err != nil {
			fmt.Println(err)
			return
		}
		right := 0
		for i, row := range p.Run.Test {
			if best := scores.Logits[2*i+1] > scores.Logits[2*i]; best == (ds.Rows[row].Class == 1) {
				right++
			}
		}
		fmt.Printf("%s: %d of %d test rows\n", method, right, len(p.Run.Test))
	}
	// Output:
	// mean: 12 of 12 test rows
	// gated: 12 of 12 test rows
}
