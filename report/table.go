package report

import (
	"encoding/csv"
	"io"
	"math"
	"slices"
	"strconv"
)

// table is a table of the report: shown in HTML, and written as .csv with the
// full precision and English column names.
type table struct {
	title string
	keys  []string // column names in .csv
	head  []string // column names for people
	texts int      // so many leading columns hold text, the rest numbers
	rows  [][]cell
	bold  int // this row is bold; −1 none
	// folded: it is opened on demand, however few rows it has
	folded bool
}

// cell is a value as it is shown and as it is written to .csv.
type cell struct{ show, raw string }

func text(s string) cell { return cell{s, s} }

func value(v float64, show string) cell {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return cell{show, ""}
	}
	return cell{show, strconv.FormatFloat(v, 'g', -1, 64)}
}

func count(n int) cell { return text(strconv.Itoa(n)) }

// column adds a column's names.
func (t *table) column(key, head string) {
	t.keys, t.head = append(t.keys, key), append(t.head, head)
}

// dropUnknown leaves out the number columns in which no row has a value.
func (t *table) dropUnknown() {
	for k := len(t.keys) - 1; k >= t.texts; k-- {
		if slices.ContainsFunc(t.rows, func(row []cell) bool { return row[k].raw != "" }) {
			continue
		}
		t.keys, t.head = slices.Delete(t.keys, k, k+1), slices.Delete(t.head, k, k+1)
		for i := range t.rows {
			t.rows[i] = slices.Delete(t.rows[i], k, k+1)
		}
	}
}

// writeCSV writes the table as RFC 4180 has it.
func (t *table) writeCSV(w io.Writer) error {
	cw := csv.NewWriter(w)
	if err := cw.Write(t.keys); err != nil {
		return err
	}
	for _, row := range t.rows {
		raw := make([]string, len(row))
		for i, c := range row {
			raw[i] = c.raw
		}
		if err := cw.Write(raw); err != nil {
			return err
		}
	}
	cw.Flush()
	return cw.Error()
}
