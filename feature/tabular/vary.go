package tabular

import (
	"math"
)

// MapNumbers returns the row with f of each number that is there; field is its
// index among the table's fields. The row itself stays as it is.
func (r *Row) MapNumbers(f func(field int, v float64) float64) any {
	fields, _, ok := cells(nil, nil, r.raw)
	if !ok {
		return r
	}
	w := newRecorder(len(fields))
	for i, c := range fields {
		if c.kind == numberField && len(c.bytes) > 0 {
			w.number(f(i, math.Float64frombits(c.bits())))
		} else {
			w.put(c.kind, c.bytes)
		}
	}
	return &Row{raw: w.raw, flags: r.flags}
}

// Numbers calls f with each number of the row that is there.
func (r *Row) Numbers(f func(field int, v float64)) {
	r.MapNumbers(func(field int, v float64) float64 { f(field, v); return v })
}
