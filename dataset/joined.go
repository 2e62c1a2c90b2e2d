package dataset

import (
	"slices"

	"github.com/fusor-ml/fusor/media"
)

// joined is a table of the rows of several.
type joined struct {
	table  Table
	own    int // columns of the tables themselves
	index  []string
	splits []string      // by row
	keys   [][][2]string // by row
	n      int           // tables
}

// compare returns the columns that a table lacks, and those that it has beyond the others'.
func (j *joined) compare(t *Table) (missing, extra []string) {
	if j.n == 0 {
		return nil, nil
	}
	for _, name := range j.table.Header[:j.own] {
		if !slices.Contains(t.Header, name) {
			missing = append(missing, name)
		}
	}
	for _, name := range t.Header {
		if !slices.Contains(j.table.Header[:j.own], name) {
			extra = append(extra, name)
		}
	}
	return missing, extra
}

// add appends the rows of a table, with the columns in the order of the first.
func (j *joined) add(src *source, p part) {
	t, all := src.table, &j.table
	if j.n++; j.n == 1 {
		all.Header, all.typed = slices.Clone(t.Header), t.typed
		all.vectors, all.media = map[int][][]float32{}, map[int][][]media.Source{}
		j.own = len(all.Header)
	}
	for _, name := range src.index {
		if !slices.Contains(j.index, name) {
			j.index = append(j.index, name)
		}
	}
	for _, name := range t.Header { // of a table that a model reads
		if !slices.Contains(all.Header[:j.own], name) {
			all.Header = append(all.Header, name)
			j.own++
		}
	}
	from, n := all.Len(), t.Len()
	to := make([]int, len(t.Header))
	for c, name := range t.Header {
		to[c] = slices.Index(all.Header, name)
	}
	for i := range n {
		row := make([]string, j.own)
		for c := range to {
			row[to[c]] = t.cell(i, c)
		}
		all.rows, all.lines = append(all.rows, row), append(all.lines, from+i+1)
		j.splits, j.keys = append(j.splits, p.split), append(j.keys, p.keys)
	}
	for c := range to {
		if v := t.vectors[c]; v != nil {
			all.vectors[to[c]] = append(pad(all.vectors[to[c]], from), v...)
		}
		if m := t.media[c]; m != nil {
			all.media[to[c]] = append(pad(all.media[to[c]], from), m...)
		}
	}
	for c, rows := range t.dropped {
		for i := range rows.all() {
			all.drop(from+i, to[c])
		}
	}
}

// pad lengthens what a column has of each row to n rows.
func pad[T any](rows []T, n int) []T {
	return append(rows, make([]T, max(n-len(rows), 0))...)
}

// source is the table of all rows, with the columns that the names of files and folders are of.
func (j *joined) source() *source {
	t := &j.table
	for c, v := range t.vectors {
		t.vectors[c] = pad(v, t.Len())
	}
	for c, m := range t.media {
		t.media[c] = pad(m, t.Len())
	}
	for i, row := range t.rows { // shorter ones are of tables with fewer columns
		t.rows[i] = pad(row, j.own)
	}
	column := func(name string, value func(i int) string) {
		if slices.Contains(t.Header, name) {
			return
		}
		t.Header = append(t.Header, name)
		for i := range t.rows {
			t.rows[i] = append(t.rows[i], value(i))
		}
	}
	if len(j.splits) > 0 && j.splits[0] != "" {
		column("split", func(i int) string { return j.splits[i] })
	}
	if len(j.keys) > 0 {
		for k := range j.keys[0] {
			column(j.keys[0][k][0], func(i int) string { return j.keys[i][k][1] })
		}
	}
	return &source{table: t, index: j.index}
}
