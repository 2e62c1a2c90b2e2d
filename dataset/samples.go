package dataset

import "strings"

// Samples returns a data set of all rows without their cells, for a plan of them. Of the cells only
// those that have a role are kept, for as long as a block is read; the others' problems are found
// where [Blocks.All] reads them.
func (b *Blocks) Samples() (*Dataset, error) {
	if b.One() {
		return b.Dataset, nil
	}
	again := *b
	again.opt.checked = true
	out := *b.Dataset
	out.Rows, out.blocks = make([]Row, b.n), &again
	roles := b.lay.roles
	roles.id = -1 // of no use here; All compares them
	places, held := make([]int, len(b.raw.Header)), []int{}
	for c := range places {
		if roles.has(c) {
			places[c], held = len(held), append(held, b.raw.grid.place(c))
		}
	}
	// Texts of a block are not to be kept for the sake of a few levels in it.
	levels := map[string]string{}
	level := func(s string) string {
		l, ok := levels[s]
		if !ok {
			l = strings.Clone(s)
			levels[l] = l
		}
		return l
	}
	s, cells := &rowState{blocks: true}, make([]string, len(held))
	for k := range b.table.blocks() {
		t := &Table{Header: b.raw.Header, typed: b.raw.typed, grid: &grid{width: len(held), places: places}}
		rows := out.Rows[b.table.first(k):]
		err := b.table.block(k, func(row []string, line int) {
			for j, at := range held {
				if cells[j] = ""; at < len(row) {
					cells[j] = row[at]
				}
			}
			rows[t.grid.n] = Row{Number: line, Class: -1}
			t.grid.add(cells)
		})
		if err != nil {
			return nil, err
		}
		ds, c := out, &collector{file: b.Manifest}
		ds.raw, ds.Rows = t, rows[:t.Len()]
		readRoles(&ds, t, roles, s, c)
		applyClasses(&ds, s, c)
		if c.failed() {
			return nil, c.all()
		}
		for i := range ds.Rows {
			r := &ds.Rows[i]
			r.Split, r.Group, r.Label = level(r.Split), level(r.Group), level(r.Label)
		}
	}
	return &out, nil
}
