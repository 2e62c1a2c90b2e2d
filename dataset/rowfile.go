package dataset

import (
	"encoding/binary"
	"iter"
)

// rowFile holds rows in a temporary file, in blocks: of each row its line, the number of its cells,
// and the cells, as their length and their bytes.
type rowFile struct {
	file  extents
	n     int // rows
	width int // of the widest
	marks []rowBlock
	buf   []byte // of the last block
	line  int    // of the last row in it
	err   error  // the first of column
}

// rowBlock is a block of rows of a file, from its first row on.
type rowBlock struct {
	extent
	first int
}

// add appends a row, which it does not keep.
func (s *rowFile) add(row []string, line int) error {
	k := len(s.marks) - 1
	if k < 0 || s.n-s.marks[k].first == blockRows || len(s.buf) >= blockBytes {
		if err := s.flush(); err != nil {
			return err
		}
		s.marks = append(s.marks, rowBlock{first: s.n})
	}
	s.buf = binary.AppendVarint(s.buf, int64(line-s.line))
	s.buf = binary.AppendUvarint(s.buf, uint64(len(row)))
	for _, cell := range row {
		s.buf = append(binary.AppendUvarint(s.buf, uint64(len(cell))), cell...)
	}
	s.line, s.width = line, max(s.width, len(row))
	s.n++
	return nil
}

// flush writes the last block. It must follow the last row.
func (s *rowFile) flush() error {
	if len(s.buf) == 0 {
		return nil
	}
	part, err := s.file.add(s.buf)
	if err != nil {
		return err
	}
	s.marks[len(s.marks)-1].extent = part
	s.buf, s.line = s.buf[:0], 0
	return nil
}

func (s *rowFile) blocks() int     { return len(s.marks) }
func (s *rowFile) first(k int) int { return s.marks[k].first }
func (s *rowFile) fault() error    { return s.err }

// block implements rowStore. All rows are as wide as the widest.
func (s *rowFile) block(k int, f func(row []string, line int)) error {
	part, end := s.marks[k], s.n
	if k+1 < len(s.marks) {
		end = s.marks[k+1].first
	}
	text, all, err := s.file.read(part.extent)
	if err != nil {
		return err
	}
	row, line, at := make([]string, s.width), 0, 0
	next := func() int {
		v, n := binary.Uvarint(text[at:])
		at += n
		return int(v)
	}
	for range end - part.first {
		lines, n := binary.Varint(text[at:])
		line, at = line+int(lines), at+n
		clear(row)
		for c := range next() {
			length := next()
			row[c] = all[at : at+length]
			at += length
		}
		f(row, line)
	}
	return nil
}

// column implements rowStore.
func (s *rowFile) column(c int) iter.Seq2[int, string] { return rowsColumn(s, c, &s.err) }
