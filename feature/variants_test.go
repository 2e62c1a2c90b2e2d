package feature_test

import (
	"context"
	"errors"
	"testing"

	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/feature"
	"github.com/fusor-ml/fusor/feature/tabular"
	"github.com/fusor-ml/fusor/media"
)

func TestVariantsOpenOnceAndKeepRows(t *testing.T) {
	ds := &dataset.Dataset{Schema: dataset.Schema{Columns: []dataset.Column{{Name: "v", Kind: media.Vector, Dim: 2}}}}
	for i := range 9 {
		var c dataset.Cell
		if i != 4 {
			c.Vector = []float32{float32(i), 1}
		}
		ds.Rows = append(ds.Rows, dataset.Row{Number: i + 1, Cells: []dataset.Cell{c}})
	}
	refs, err := feature.Catalog{tabular.Vectors()}.Select(&ds.Schema, nil)
	if err != nil {
		t.Fatal(err)
	}
	e := feature.Extractor{Workers: 3}
	featureSets, err := e.Variants(context.Background(), ds, refs, 3, func(row, k int, item any) (any, error) {
		switch {
		case row == 5 && k == 1:
			return nil, errors.New("no")
		case row == 6 && k == 1:
			panic("never")
		}
		v := item.([]float32)
		return []float32{v[0] + 100*float32(k), v[1]}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for k, b := range featureSets {
		for row := range ds.Rows {
			absent := row == 4 || k == 1 && (row == 5 || row == 6)
			if got := b.Stores[0].Present(row); got == absent {
				t.Errorf("variant %d, row %d: present is %v", k, row, got)
			}
			var raw feature.Raw
			if err := b.Stores[0].Get(row, &raw); err != nil {
				t.Fatal(err)
			}
			if !absent && raw.Values[0] != float32(row+100*k) {
				t.Errorf("variant %d, row %d: %v", k, row, raw.Values)
			}
		}
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := e.Variants(ctx, ds, refs, 1, func(_, _ int, item any) (any, error) { return item, nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}
