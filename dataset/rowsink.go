package dataset

// rowSink takes the rows of a table into memory or, where they are left to [Blocks], into a file.
type rowSink struct {
	t      *Table
	c      *collector
	file   *rowFile
	failed bool // to write it
}

func newRowSink(t *Table, blocks bool, c *collector) rowSink {
	t.grid = &grid{}
	s := rowSink{t: t, c: c}
	if blocks {
		s.file = &rowFile{}
	}
	return s
}

// add adds a row, which it does not keep.
func (s *rowSink) add(row []string, line int) {
	if s.file != nil {
		s.t.grid.n++
		s.check(s.file.add(row, line))
		return
	}
	s.t.grid.widen(len(row))
	s.t.grid.add(row)
	s.t.lines = append(s.t.lines, line)
}

// end ends the table, whose rows have at least so many cells.
func (s *rowSink) end(cells int) {
	s.t.grid.width = max(s.t.grid.width, cells)
	if s.file != nil {
		s.check(s.file.flush())
		s.t.grid.again = s.file
	}
}

// check reports an error of the file, once.
func (s *rowSink) check(err error) {
	if err != nil && !s.failed {
		s.failed = true
		s.c.fatal("machine", 0, "", "", "%v", err)
	}
}

// lines calls f with rows of a set and their lines.
func (s *rowSink) lines(rows rowSet, f func(row, line int)) {
	if s.file == nil {
		for row := range rows.all() {
			f(row, s.t.lines[row])
		}
		return
	}
	for k := range s.file.blocks() {
		row := s.file.first(k)
		s.check(s.file.block(k, func(_ []string, line int) {
			if rows.has(row) {
				f(row, line)
			}
			row++
		}))
	}
}
