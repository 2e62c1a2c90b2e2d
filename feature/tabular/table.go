// Package tabular extracts the views of two kinds of columns that need no
// decoding: the table modality, which gathers all number, category, date and
// boolean columns of a manifest (view fields), and ready-made vectors (view vector).
package tabular

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"

	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/feature"
	"github.com/fusor-ml/fusor/media"
)

// Table returns the modality of the number, category, date and boolean columns.
func Table() feature.Modality { return table{} }

type table struct{}

var _ feature.Modality = table{}

// Kind implements feature.Modality.
func (table) Kind() media.Kind { return media.Table }

// Views implements feature.Modality.
func (table) Views() []feature.View { return []feature.View{fields{}} }

// Open implements feature.Modality. A value that cannot be read is missing and flagged.
func (table) Open(_ context.Context, c *dataset.Cell, col *dataset.Column, _ media.Folder) (any, error) {
	if len(c.Fields) != len(col.Fields) {
		return nil, fmt.Errorf("the row has %d fields, the table %d", len(c.Fields), len(col.Fields))
	}
	row := rows.Get().(*Row)
	row.flags = nil
	w := recorder{row.raw}
	w.reset()
	for i, s := range c.Fields {
		f := col.Fields[i]
		kind, ok := kindCode(f.Kind)
		if !ok {
			row.Release()
			return nil, fmt.Errorf("field %q: a %s is no field of a table", f.Name, f.Kind)
		}
		if Missing(s) {
			w.put(kind, nil)
			continue
		}
		if err := record(&w, f.Kind, s); err != nil {
			w.put(kind, nil)
			row.flags = append(row.flags, fmt.Sprintf("field %q: %v", f.Name, err))
		}
	}
	row.raw = w.raw
	return row, nil
}

// record takes a value as a data set holds it: how the manifest wrote it was found out when that
// was read.
func record(w *recorder, kind media.Kind, s string) error {
	s = strings.TrimSpace(s)
	switch kind {
	case media.Number:
		v, ok := dataset.ParseNumber(s)
		if !ok {
			return fmt.Errorf("%.40q is no number", s)
		}
		w.number(v)
	case media.Date:
		d, _, ok := dataset.ParseDate(s)
		if !ok {
			return fmt.Errorf("%.40q is no date", s)
		}
		w.date(d)
	case media.Boolean:
		b, ok := dataset.ParseBoolean(s)
		if !ok {
			return fmt.Errorf("%.40q is neither true nor false", s)
		}
		w.boolean(b)
	default:
		w.category(s)
	}
	return nil
}

// Row is an opened row of fields.
type Row struct {
	raw   feature.Raw
	flags []string
}

// rows holds those that were released.
var rows = sync.Pool{New: func() any { return &Row{} }}

// Release implements feature.Releaser.
func (r *Row) Release() { rows.Put(r) }

// Flags reports which values could not be read.
func (r *Row) Flags() []string { return r.flags }

// fields is the view of all fields: see [fieldsFitter] for what becomes of each kind.
type fields struct{}

var _ feature.View = fields{}

// Info implements feature.View.
func (fields) Info() feature.Info {
	return feature.Info{
		Name: "fields", Shape: feature.Vector, Version: 1, Default: true, NoCache: true,
		Options: fmt.Sprintf("levels=%d", maxLevels),
		Doc:     "numbers (standard, log or quantile by their skew), one-hot categories with rare levels grouped, cyclic dates, booleans, missing indicators",
	}
}

// Extract implements feature.View.
func (fields) Extract(item any) (feature.Raw, error) {
	r, ok := item.(*Row)
	if !ok {
		return feature.Raw{}, fmt.Errorf("cannot extract fields from a %T", item)
	}
	return r.raw, nil
}

// NewFitter implements feature.View. Every field is scaled by its own rule,
// whatever the scaling of dense views is.
func (fields) NewFitter(feature.Scaling) feature.Fitter { return &fieldsFitter{} }

// LoadState implements feature.View.
func (fields) LoadState(data json.RawMessage) (feature.State, error) { return loadFields(data) }
