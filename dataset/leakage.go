package dataset

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/fusor-ml/fusor/media"
)

// A field yields the label away if so many rows have each of its values on average, and it has few.
const (
	giveawayRows   = 10
	giveawayValues = 8
)

// dividesFew and dividesSample are how many rows are looked at before more are.
const (
	dividesFew    = 32
	dividesSample = 1000
)

// noteLeakage reports fields that determine the label: often these are known only after it, and
// a model that reads them is good for nothing but its score.
func noteLeakage(ds *Dataset, c *collector) {
	for k, col := range ds.Schema.Columns {
		if col.Kind != media.Table {
			continue
		}
		for f := range col.Fields {
			name := col.Fields[f].Name
			switch advice := fmt.Sprintf("if it is known only after the label, leave it out with --ignore %s", shellName(name)); {
			case ds.leaked(k, f):
				c.note("column.leak", 0, name, advice, "it determines the label in every row")
			case col.Fields[f].Kind == media.Number && ds.Schema.Task == Classification && ds.divides(k, f):
				c.note("column.leak", 0, name, fmt.Sprintf("if it numbers the rows, or is known only after the label, leave it out with --ignore %s", shellName(name)), "sorted by it, the rows are sorted by their labels")
			}
		}
	}
}

// leaked reports whether the value of a field determines the label.
func (d *Dataset) leaked(column, field int) bool {
	label := map[string]string{} // of each value of the field
	n, labels := 0, map[string]bool{}
	for i := range d.Rows {
		row := &d.Rows[i]
		value := row.Field(column, field)
		if !row.Labeled() || value == "" {
			continue
		}
		n++
		if d.Schema.Task == Regression {
			if v, ok := ParseNumber(value); !ok || !(math.Abs(v-row.Target) <= 1e-9*math.Abs(row.Target)) {
				return false
			}
			continue
		}
		if l, seen := label[value]; seen && l != row.Label || len(label) > giveawayValues {
			return false
		}
		label[value], labels[row.Label] = row.Label, true
	}
	if d.Schema.Task == Regression {
		return n >= giveawayRows
	}
	return len(labels) > 1 && n >= giveawayRows*len(label)
}

// divides reports whether the numbers of a field, most of them different, have the rows of each
// class next to each other.
func (d *Dataset) divides(column, field int) bool {
	type pair struct {
		value float64
		class int
	}
	var rows []pair
	values, classes := map[float64]bool{}, map[int]int{}
	runs := func() int {
		slices.SortFunc(rows, func(a, b pair) int {
			return cmp.Or(cmp.Compare(a.value, b.value), cmp.Compare(a.class, b.class))
		})
		n := 1
		for i := 1; i < len(rows); i++ {
			if rows[i].class != rows[i-1].class {
				n++
			}
		}
		return n
	}
	for i := range d.Rows {
		row := &d.Rows[i]
		if !row.Labeled() || row.Split == "test" {
			continue
		}
		v, ok := ParseNumber(row.Field(column, field))
		if !ok {
			continue
		}
		rows = append(rows, pair{v, row.Class})
		values[v] = true
		classes[row.Class]++
		if n := len(rows); (n == dividesFew || n == dividesSample) && runs() > len(d.Schema.Classes) { // rows more do not mend it
			return false
		}
	}
	if len(rows) < fewRows || 2*len(values) < len(rows) || len(classes) < 2 || len(rows) < giveawayRows*len(classes) {
		return false
	}
	return runs() <= len(classes)
}
