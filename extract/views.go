package extract

import (
	"errors"
	"fmt"
	"strings"

	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/feature"
)

// View is one view of every row of a data set, to be written as an array.
type View struct {
	feature.Ref
	Store *feature.Store
	// State makes the numbers of a view whose extracted features are none by themselves: of tables,
	// bags and tokens. One that only scales is not applied.
	State feature.State
	// Fitted reports what State was fitted on, for the description.
	Fitted string
}

// state returns the state that is applied, or nil.
func (v *View) state() feature.State {
	if _, scales := v.State.(feature.Scaler); scales {
		return nil
	}
	return v.State
}

// rows calls each with what is written of every row; an absent one has neither values nor an index.
func (v *View) rows(each func(i int, r *feature.Raw) error) error {
	var raw, out feature.Raw
	state := v.state()
	for i := range v.Store.Len() {
		if err := v.Store.Get(i, &raw); err != nil {
			return err
		}
		r := &raw
		if state != nil {
			r = &out
			out.Values, out.Index, out.Dim, out.Steps = out.Values[:0], out.Index[:0], 0, 0
			if !raw.Absent() {
				state.Apply(&out, raw)
			}
		}
		if err := each(i, r); err != nil {
			return fmt.Errorf("%s, row %d: %w", v.Name, i+1, err)
		}
	}
	return nil
}

// extent is how large a view is.
type extent struct {
	dim     int // width of a vector or step, or columns of a bag, or number of ids
	steps   int // most steps, or most entries of a bag
	present int // rows that have it
}

// measure returns a view's extent: of no row the width is 0 if it is not fitted.
func (v *View) measure() (extent, error) {
	var e extent
	shape := v.View.Info().Shape
	if v.State != nil {
		e.dim = v.State.Dim()
	}
	err := v.rows(func(_ int, r *feature.Raw) error {
		if r.Absent() {
			return nil
		}
		e.present++
		switch shape {
		case feature.Vector, feature.Sequence:
			if e.dim == 0 {
				e.dim = r.Dim
			}
			if r.Dim != e.dim || e.dim == 0 || len(r.Values)%e.dim != 0 || shape == feature.Vector && len(r.Values) != e.dim {
				return fmt.Errorf("%d values of width %d, where the view's rows are %d wide", len(r.Values), r.Dim, e.dim)
			}
			e.steps = max(e.steps, len(r.Values)/e.dim)
		default:
			e.steps = max(e.steps, len(r.Index))
		}
		return nil
	})
	return e, err
}

// ArraysVersion is the version of the description of a folder of arrays.
const ArraysVersion = 1

// Arrays describes a folder of arrays: what the file [dataset.ArraysIndexName] holds.
type Arrays struct {
	Version int          `json:"version"`
	Dataset string       `json:"dataset"`
	Rows    int          `json:"rows"`
	Task    dataset.Task `json:"task"`
	Label   string       `json:"label,omitempty"` // what the column label was called
	Views   []Array      `json:"views"`
	// Missing are the views that no row has, of which there is no file.
	Missing []string `json:"missing,omitempty"`
}

// Array describes one view and its files.
type Array struct {
	Name    string        `json:"name"` // column.view
	Files   []string      `json:"files"`
	Column  string        `json:"column"`
	Kind    string        `json:"kind"` // of the column
	View    string        `json:"view"`
	Shape   feature.Shape `json:"shape"`
	Dim     int           `json:"dim"`             // width of a vector or step, columns of a bag, number of ids
	Steps   int           `json:"steps,omitempty"` // of the longest sequence
	Present int           `json:"present"`         // rows that have it
	// Fitted is what the numbers were fitted on, where they are more than extracted: of tables, bags
	// and tokens.
	Fitted  string `json:"fitted,omitempty"`
	Version int    `json:"version"` // of the view
	Options string `json:"options,omitempty"`
	Doc     string `json:"doc"`
}

// describe returns the description of a view without its files.
func (v *View) describe(ds *dataset.Dataset, e extent) Array {
	info, col := v.View.Info(), &ds.Schema.Columns[v.Column]
	a := Array{
		Name: v.Name, Column: col.Name, Kind: string(col.Kind), View: info.Name, Shape: info.Shape, Dim: e.dim,
		Present: e.present, Version: info.Version, Options: info.Options, Doc: info.Doc,
	}
	if info.Shape == feature.Sequence || info.Shape == feature.Tokens {
		a.Steps = e.steps
	}
	if v.state() != nil {
		a.Fitted = v.Fitted
	}
	return a
}

// fileNames makes names of files, each once, whatever case counts.
type fileNames map[string]bool

// name returns the name of a file for an array.
func (n fileNames) name(array, ending string) string {
	clean := strings.Map(func(r rune) rune {
		if r < ' ' || strings.ContainsRune(`/\<>:"|?*`, r) {
			return '_'
		}
		return r
	}, array)
	const most = 200 // bytes, of the 255 that systems take
	for len(clean) > most {
		clean = strings.ToValidUTF8(clean[:most], "")
	}
	if strings.HasPrefix(clean, ".") {
		clean = "_" + clean[1:]
	}
	for i, base := 2, clean; n[strings.ToLower(clean)]; i++ {
		clean = fmt.Sprintf("%s_%d", base, i)
	}
	n[strings.ToLower(clean)] = true
	return clean + ending
}

var errNoRows = errors.New("there are no rows")
