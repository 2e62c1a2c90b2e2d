package dataset

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"strings"
)

// What a block of a table that is read in blocks has at most. They are variables for tests.
var (
	blockRows  = 1 << 14
	blockBytes = 8 << 20 // of its text, before another one is begun
)

// Blocks is a data set that was opened for a trained model and may have any number of rows: those
// of a large text table are read from its file a block at a time, all others are one block.
type Blocks struct {
	// Dataset is without rows where there are several blocks; its Problems are those of the table as a
	// whole.
	*Dataset

	n     int
	table rowStore // nil: all rows are in Dataset
	opt   Options
	lay   *layout
	late  *collector // of what the last row settles
}

// OpenBlocks opens a data set as [Open] does, opt.Schema being that of the model. Rows whose place
// depends on those of other blocks, as an order of texts, are read all at once.
func OpenBlocks(path string, opt Options) (*Blocks, error) {
	in := opt
	in.blocks = opt.Schema != nil && opt.Compact
	ds, lay, err := openPath(path, in)
	if err != nil {
		return nil, err
	}
	if ds.raw == nil || !ds.raw.inBlocks() {
		return OneBlock(ds), nil
	}
	if lay.order >= 0 || len(lay.labels) > 0 {
		if ds, err = Open(path, opt); err != nil {
			return nil, err
		}
		return OneBlock(ds), nil
	}
	table := ds.raw.grid.again
	return &Blocks{Dataset: ds, n: ds.raw.Len(), table: table, opt: opt, lay: lay}, table.fault()
}

// OneBlock returns a data set as one block.
func OneBlock(ds *Dataset) *Blocks { return &Blocks{Dataset: ds, n: len(ds.Rows)} }

// Len is the number of rows of all blocks.
func (b *Blocks) Len() int { return b.n }

// One reports whether there is one block, which is Dataset.
func (b *Blocks) One() bool { return b.table == nil }

// Header is the names of the table's columns.
func (b *Blocks) Header() []string { return b.raw.Header }

// All returns the blocks, the rows of each behind those of the one before. The problems of each
// are those of its rows, of a single block all.
func (b *Blocks) All() iter.Seq2[*Dataset, error] {
	return func(yield func(*Dataset, error) bool) {
		if b.One() {
			yield(b.Dataset, nil)
			return
		}
		b.late = &collector{file: b.Manifest}
		s := &rowState{blocks: true}
		for k := range b.table.blocks() {
			t := &Table{Header: b.raw.Header, typed: b.raw.typed, objects: b.raw.objects}
			t.grid = &grid{width: b.raw.grid.width, places: b.raw.grid.places}
			err := b.table.block(k, func(row []string, line int) {
				t.grid.add(row)
				t.lines = append(t.lines, line)
			})
			if err != nil {
				yield(nil, err)
				return
			}
			from := b.table.first(k)
			for c, names := range b.raw.located {
				if t.located == nil {
					t.located = map[int][]string{}
				}
				t.located[c] = names[from : from+t.Len()]
			}
			for c, rows := range b.raw.dropped {
				if t.dropped == nil {
					t.dropped = map[int]rowSet{}
				}
				t.dropped[c] = rows.part(from, t.Len())
			}
			ds, c := *b.Dataset, &collector{file: b.Manifest}
			ds.raw, ds.Problems = t, nil
			b.lay.read(&ds, &source{table: t}, &b.opt, s, c)
			applyClasses(&ds, s, c)
			if ds.Problems = c.all(); c.failed() {
				yield(nil, ds.Problems)
				return
			}
			if !yield(&ds, nil) {
				return
			}
		}
		s.note(&b.Schema, b.late)
	}
}

// Late returns the problems that only the last row settles, once [Blocks.All] has come to it.
func (b *Blocks) Late() Problems {
	if b.late == nil {
		return nil
	}
	return b.late.all()
}

// rowStore holds the rows of a table outside memory.
type rowStore interface {
	blocks() int
	first(block int) (row int)
	// block calls f with the rows of a block, which it must not keep.
	block(k int, f func(row []string, line int)) error
	// column returns the cells of column c. An error ends it, and is kept.
	column(c int) iter.Seq2[int, string]
	fault() error // the first of column
}

// reread reads the rows of a text table from its file again. The file stays open for as long as the
// reread can be reached.
type reread struct {
	dialect
	file   *os.File
	from   int         // where the text begins in it
	size   int         // of the text
	info   os.FileInfo // of the file, unless that is temporary
	names  []string
	header []string
	width  int
	footer int // the line that it begins in; 0: there is none
	marks  []blockStart
	n      int   // rows
	err    error // the first of column
}

// rowsColumn reads the cells of column c of a store of rows. An error ends it, and is kept in
// failed.
func rowsColumn(s rowStore, c int, failed *error) iter.Seq2[int, string] {
	return func(yield func(int, string) bool) {
		i, more := 0, true
		for k := range s.blocks() {
			err := s.block(k, func(row []string, _ int) {
				more = more && yield(i, row[c])
				i++
			})
			if *failed == nil {
				*failed = err
			}
			if err != nil || !more {
				return
			}
		}
	}
}

// blockStart is where a block begins: its first row, and the place and line of the text that it is
// at or a little behind.
type blockStart struct{ row, at, line int }

// newReread returns what reads the rows of m again; r reads them for the first time.
func newReread(m *mappedText, t *Table, r *csvReader, c *collector) *reread {
	s := &reread{dialect: r.dialect, file: m.file, from: m.from, size: len(m.text), names: t.Header, header: r.header, width: r.width}
	if m.own {
		return s
	}
	// Opened once more, as m's is closed.
	var err error
	if s.info, err = m.file.Stat(); err == nil {
		s.file, err = os.Open(m.file.Name())
	}
	if err != nil {
		c.fatal("file.missing", 0, "", "check the path", "%s", statFault(err))
		return nil
	}
	return s
}

func (s *reread) blocks() int     { return len(s.marks) }
func (s *reread) first(k int) int { return s.marks[k].row }
func (s *reread) fault() error    { return s.err }

// add counts a row.
func (s *reread) add(from blockStart) {
	if k := len(s.marks); k == 0 || from.row-s.marks[k-1].row == blockRows || from.at-s.marks[k-1].at >= blockBytes {
		s.marks = append(s.marks, from)
	}
	s.n = from.row + 1
}

var errChanged = errors.New("it was changed meanwhile")

// block calls f with the rows of block k, which it must not keep.
func (s *reread) block(k int, f func(row []string, line int)) error {
	from, to := s.marks[k], blockStart{row: s.n, at: s.size}
	if k+1 < len(s.marks) {
		to = s.marks[k+1]
	}
	failed := func(err error) error { return fmt.Errorf("cannot read %s again: %w", s.file.Name(), err) }
	if s.info != nil {
		now, err := os.Stat(s.file.Name())
		if err != nil {
			return failed(err)
		}
		if now.Size() != s.info.Size() || !now.ModTime().Equal(s.info.ModTime()) {
			return failed(errChanged)
		}
	}
	var text strings.Builder
	size := int64(to.at - from.at)
	text.Grow(int(size))
	if n, err := io.Copy(&text, io.NewSectionReader(s.file, int64(s.from+from.at), size)); err != nil || n < size {
		return failed(cmp.Or(err, io.ErrUnexpectedEOF))
	}
	r := &csvReader{dialect: s.dialect, s: text.String(), line: from.line, c: &collector{}, width: s.width, names: s.names, header: s.header}
	r.again(s.footer)
	for range to.row - from.row {
		row, line, ok := r.sample()
		if !ok {
			return failed(errChanged)
		}
		f(row, line)
	}
	return nil
}

// column implements rowStore.
func (s *reread) column(c int) iter.Seq2[int, string] { return rowsColumn(s, c, &s.err) }

// manyIDs is how many ids of a table that is read in blocks are compared with those before them.
const manyIDs = 1 << 20

// rowState is what the reading of rows holds from one block of a table to the next.
type rowState struct {
	blocks  bool           // there are more blocks, whose text is not kept
	ids     map[string]int // the line of each
	unknown map[string]*unknownLabel
	order   []string // of unknown
}

// unknownLabel counts the rows of a label that is no class of the model.
type unknownLabel struct{ line, rows int }

// known returns the line of an earlier row with an id, and keeps the id if there is none.
func (s *rowState) known(id string, line int) (first int, twice bool) {
	if first, twice = s.ids[id]; twice || s.blocks && len(s.ids) >= manyIDs {
		return first, twice
	}
	if s.ids == nil {
		s.ids = map[string]int{}
	}
	if s.blocks {
		id = strings.Clone(id)
	}
	s.ids[id] = line
	return 0, false
}

// strange counts a row whose label is no class of the model.
func (s *rowState) strange(label string, line int) {
	u := s.unknown[label]
	if u == nil {
		label = strings.Clone(label)
		if s.unknown == nil {
			s.unknown = map[string]*unknownLabel{}
		}
		u = &unknownLabel{line: line}
		s.unknown[label], s.order = u, append(s.order, label)
	}
	u.rows++
}

// note notes unknown labels once each: a table of another task would else note every row.
func (s *rowState) note(schema *Schema, c *collector) {
	for _, label := range s.order {
		u := s.unknown[label]
		c.note("label.unknown", u.line, schema.Label, fmt.Sprintf("the classes are: %s", someOf(schema.Classes)),
			"%s the label %.60q, which is no class of the model: left out of every score", have(u.rows), label)
	}
}
