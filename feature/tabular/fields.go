package tabular

import (
	"fmt"

	"github.com/fusor-ml/fusor/feature"
)

// fieldsFitter fits every field by its kind:
//
//   - number: standardized; log1p first if it is skewed (|skewness| > 2), never
//     negative and less than half as skewed by it; else, if skewed, its normal
//     score by 101 training quantiles. Fields of up to 8 distinct values are only
//     standardized. See [numberFit]. Beside it the number is encoded piecewise
//     linearly in up to 32 bins of at least 64 training rows on average; see [bins].
//   - category: one-hot over the at most 64 most frequent levels; see [categoryFit].
//   - date: sine and cosine of the day of the year, of the week and, where training
//     had times, of the day; and the standardized date as a trend. See [dateFit].
//   - boolean: ±1.
//
// A missing value is 0 in all its dimensions (the mean of a scaled one). Fields
// with missing training values get an indicator dimension; others get none,
// since its weights could not be learned.
type fieldsFitter struct {
	fields []fieldFit
	rows   int
	err    error
	cells  []cell
	buf    []byte
}

var _ feature.Fitter = (*fieldsFitter)(nil)

// fieldFit learns one field from its cells.
type fieldFit interface {
	add(c cell)                // c.bytes is not empty
	merge(other fieldFit) bool // false where other is of another kind
	fresh() fieldFit
	state() fieldState
	missing() *int
}

func newFieldFit(kind uint32) fieldFit {
	switch kind {
	case numberField:
		return &numberFit{}
	case categoryField:
		return &categoryFit{}
	case dateField:
		return &dateFit{}
	}
	return &booleanFit{}
}

// Add implements feature.Fitter.
func (f *fieldsFitter) Add(r feature.Raw) {
	if r.Absent() || f.err != nil {
		return
	}
	var ok bool
	if f.cells, f.buf, ok = cells(f.cells, f.buf, r); !ok {
		f.err = fmt.Errorf("cannot fit: a row is no record of fields")
		return
	}
	if f.fields == nil {
		for _, c := range f.cells {
			f.fields = append(f.fields, newFieldFit(c.kind))
		}
	}
	if len(f.cells) != len(f.fields) {
		f.err = fmt.Errorf("cannot fit: a row has %d fields, the rows before it %d", len(f.cells), len(f.fields))
		return
	}
	f.rows++
	for i, c := range f.cells {
		if len(c.bytes) == 0 {
			*f.fields[i].missing()++
			continue
		}
		f.fields[i].add(c)
	}
}

// Merge implements feature.Fitter.
func (f *fieldsFitter) Merge(other feature.Fitter) {
	g, ok := other.(*fieldsFitter)
	switch {
	case !ok:
		f.err = fmt.Errorf("cannot merge a fit of %T into one of %T", other, f)
	case f.err != nil:
	case g.err != nil:
		f.err = g.err
	case g.fields == nil:
	case f.fields == nil:
		f.rows = g.rows
		for _, field := range g.fields {
			own := field.fresh()
			own.merge(field)
			*own.missing() = *field.missing()
			f.fields = append(f.fields, own)
		}
	case len(f.fields) != len(g.fields):
		f.err = fmt.Errorf("cannot merge fits of %d and %d fields", len(f.fields), len(g.fields))
	default:
		f.rows += g.rows
		for i := range f.fields {
			if !f.fields[i].merge(g.fields[i]) {
				f.err = fmt.Errorf("cannot merge fits of different kinds of field %d", i)
				return
			}
			*f.fields[i].missing() += *g.fields[i].missing()
		}
	}
}

// State implements feature.Fitter.
func (f *fieldsFitter) State() (feature.State, error) {
	if f.err != nil {
		return nil, f.err
	}
	if f.rows == 0 {
		return nil, fmt.Errorf("cannot fit: %w", feature.ErrNoRows)
	}
	s := &fieldsState{}
	for _, field := range f.fields {
		st := field.state()
		st.Indicator = *field.missing() > 0
		s.Fields = append(s.Fields, st)
	}
	return s, s.prepare()
}
