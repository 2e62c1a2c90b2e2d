package dataset

import (
	"encoding/binary"
	"errors"
	"iter"
)

// storedRows is how many rows a table of columns has at most that is held in memory although it
// could be read in blocks. It is a variable for tests.
var storedRows = 1 << 16

// errHeld ends the reading of a table whose cells are to be held in memory after all.
var errHeld = errors.New("it has few rows, or cells that are no texts")

// columnStore holds cells that are read column by column in a temporary file, those of a column in
// blocks of rows.
type columnStore struct {
	file extents
	n    int        // rows
	at   [][]extent // by column and block
	err  error      // the first of column
	buf  []byte
}

// add appends a column. Each cell is its length and its bytes.
func (s *columnStore) add(cells []string) error {
	s.n = len(cells)
	var at []extent
	for from := 0; from < s.n; from += blockRows {
		s.buf = s.buf[:0]
		for _, cell := range cells[from:min(from+blockRows, s.n)] {
			s.buf = append(binary.AppendUvarint(s.buf, uint64(len(cell))), cell...)
		}
		part, err := s.file.add(s.buf)
		if err != nil {
			return err
		}
		at = append(at, part)
	}
	s.at = append(s.at, at)
	return nil
}

func (s *columnStore) blocks() int     { return (s.n + blockRows - 1) / blockRows }
func (s *columnStore) first(k int) int { return k * blockRows }
func (s *columnStore) fault() error    { return s.err }

// cells returns those of a block of column c.
func (s *columnStore) cells(c, k int) ([]string, error) {
	text, all, err := s.file.read(s.at[c][k])
	if err != nil {
		return nil, err
	}
	cells := make([]string, 0, min(blockRows, s.n-k*blockRows))
	for at := 0; at < len(text); {
		length, n := binary.Uvarint(text[at:])
		at += n
		cells = append(cells, all[at:at+int(length)])
		at += int(length)
	}
	return cells, nil
}

// block implements rowStore.
func (s *columnStore) block(k int, f func(row []string, line int)) error {
	columns := make([][]string, len(s.at))
	for c := range columns {
		var err error
		if columns[c], err = s.cells(c, k); err != nil {
			return err
		}
	}
	row := make([]string, len(columns))
	for i := range columns[0] {
		for c := range columns {
			row[c] = columns[c][i]
		}
		f(row, s.first(k)+i+1)
	}
	return nil
}

// column implements rowStore.
func (s *columnStore) column(c int) iter.Seq2[int, string] {
	return func(yield func(int, string) bool) {
		for k := range s.blocks() {
			cells, err := s.cells(c, k)
			if err != nil {
				if s.err == nil {
					s.err = err
				}
				return
			}
			for i, cell := range cells {
				if !yield(s.first(k)+i, cell) {
					return
				}
			}
		}
	}
}
