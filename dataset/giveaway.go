package dataset

import (
	"math"

	"github.com/fusor-ml/fusor/media"
)

// A field gives the label away if so many rows have each of its values on average, and it has few.
const (
	giveawayRows   = 10
	giveawayValues = 8
)

// noteGiveaways tells of fields that determine the label: often these are known only after it, and
// a model that reads them is good for nothing but its score.
func noteGiveaways(ds *Dataset, c *collector) {
	for k, col := range ds.Schema.Columns {
		if col.Kind != media.Table {
			continue
		}
		for f := range col.Fields {
			if name := col.Fields[f].Name; ds.givenAway(k, f) {
				c.note("column.leak", 0, name, "if it is known only after the label, leave it out with --ignore "+name, "it determines the label in every row")
			}
		}
	}
}

// givenAway reports whether the value of a field determines the label.
func (d *Dataset) givenAway(column, field int) bool {
	label := map[string]string{} // of each value of the field
	n, labels := 0, map[string]bool{}
	for i := range d.Rows {
		row := &d.Rows[i]
		value := row.Cells[column].Fields[field]
		if !row.Labelled() || value == "" {
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
