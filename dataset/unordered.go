package dataset

import (
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/fusor-ml/fusor/media"
)

// What whole numbers are noted by as names rather than amounts.
const (
	unorderedValues = 10  // different ones at least; fewer have a bin each as numbers
	unorderedF      = 3.0 // how much more the labels differ between values than by chance
	unorderedRatio  = 0.7 // of von Neumann: 1 where neighbors have nothing in common, 0 on a curve
)

// noteUnordered reports fields of whole numbers on which the label depends, but without regard to
// their order: the number of a school or a shop rather than an age. Rows of the test part are not
// looked at.
func noteUnordered(ds *Dataset, c *collector) {
	if ds.Schema.Task != Classification && ds.Schema.Task != Regression {
		return
	}
	most := ds.mostFrequent()
	for k, col := range ds.Schema.Columns {
		if col.Kind != media.Table {
			continue
		}
		for f, field := range col.Fields {
			if field.Kind != media.Number {
				continue
			}
			if d := ds.unordered(k, f, most); d > 0 {
				c.note("column.unordered", 0, field.Name, fmt.Sprintf("--kind %s=category takes them as names", shellName(field.Name)), "the label depends on which of its %d whole numbers it is, but not on their order: they may be names rather than amounts", d)
			}
		}
	}
}

// mostFrequent returns the label of most rows.
func (d *Dataset) mostFrequent() string {
	count := map[string]int{}
	for i := range d.Rows {
		count[d.Rows[i].Label]++
	}
	// Classes have no mean: the label becomes 1 for the most frequent one, else 0. Ties go by name, as
	// a map has no order.
	most := ""
	for s, n := range count {
		if s != "" && (n > count[most] || n == count[most] && s < most || most == "") {
			most = s
		}
	}
	return most
}

// unordered returns the number of different values of a field if its values are names by the above;
// else 0. most is the most frequent label.
func (d *Dataset) unordered(column, field int, most string) int {
	type moments struct{ n, sum, squares float64 }
	of, all := map[float64]*moments{}, moments{}
	for i := range d.Rows {
		row := &d.Rows[i]
		value := row.Field(column, field)
		if !row.Labeled() || value == "" || row.Split == "test" {
			continue
		}
		v, ok := ParseNumber(value)
		if !ok || v != math.Trunc(v) || v < 0 {
			return 0
		}
		y := row.Target
		if d.Schema.Task == Classification {
			y = 0
			if row.Label == most {
				y = 1
			}
		}
		m := of[v]
		if m == nil {
			if m = (&moments{}); len(of) == maxCodes {
				return 0
			}
			of[v] = m
		}
		m.n, m.sum, m.squares = m.n+1, m.sum+y, m.squares+y*y
		all.n, all.sum = all.n+1, all.sum+y
	}
	// Fewer rows a value than codeRows and the means are too noisy for either test.
	groups := float64(len(of))
	if len(of) < unorderedValues || all.n < codeRows*groups {
		return 0
	}
	mean := all.sum / all.n
	// F is that of a one-way analysis of variance; steps/spread is von Neumann's ratio of the means in
	// the order of their values (von Neumann 1941), scaled to 1 without order.
	between, within, steps, spread, last := 0.0, 0.0, 0.0, 0.0, math.NaN()
	for _, v := range slices.Sorted(maps.Keys(of)) {
		m := of[v]
		at := m.sum / m.n
		between += m.n * (at - mean) * (at - mean)
		within += m.squares - m.n*at*at
		spread += 2 * (at - mean) * (at - mean)
		if !math.IsNaN(last) {
			steps += (at - last) * (at - last)
		}
		last = at
	}
	// A floor against values that determine the label, whose within is 0 or, by rounding, below.
	f := (between / (groups - 1)) / max(within/(all.n-groups), 1e-12*between)
	if f < unorderedF || steps < unorderedRatio*spread {
		return 0
	}
	return len(of)
}
