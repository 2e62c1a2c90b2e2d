package scale

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/internal/flat"
	"github.com/fusor-ml/fusor/media"
)

// placed is a row with its place in the data set: the order of a job may have mixed them.
type placed struct {
	index int
	row   dataset.Row
}

const rowsFormat = "fusor rows 1"

func rowsFile(block int) string { return fmt.Sprintf("rows/%07d", block) }

// blockRows is what the file of a block holds: all of its rows, without loss.
type blockRows struct {
	list []placed

	cells []dataset.Cell // of the row that is written, whose fields lie in room
	room  []string
}

func (b *blockRows) flat(s *flat.Stream) {
	flat.List(s, &b.list, func(p *placed) {
		s.Int(&p.index)
		b.row(s, &p.row)
	})
}

func (b *blockRows) row(s *flat.Stream, r *dataset.Row) {
	s.Int(&r.Number)
	s.Text(&r.ID)
	s.Text(&r.Split)
	s.Text(&r.Group)
	s.Float(&r.Order)
	s.Text(&r.Label)
	s.Int(&r.Class)
	// No label of a multi-label task is another thing than none known.
	known := r.Labels != nil
	s.Bool(&known)
	if s.Ints(&r.Labels); known && r.Labels == nil {
		r.Labels = []int{}
	}
	s.Float(&r.Target)
	cell := func(c *dataset.Cell) { flatCell(s, c) }
	if s.Reading() {
		flat.List(s, &r.Cells, cell)
		return
	}
	b.cells = b.cells[:0]
	for k := range r.Width() {
		b.cells = append(b.cells, r.CellWith(k, &b.room))
	}
	flat.List(s, &b.cells, cell)
}

func flatCell(s *flat.Stream, c *dataset.Cell) {
	s.Text(&c.Text)
	s.Texts(&c.Files)
	s.Bytes(&c.Data)
	s.Text(&c.Name)
	flat.List(s, &c.Media, func(m *media.Source) { flatMedium(s, m) })
	s.Floats32(&c.Vector)
	flat.List(s, &c.Index, func(x *uint32) {
		n := int(*x)
		if s.Int(&n); n < 0 || n > math.MaxUint32 {
			s.Fail()
		}
		*x = uint32(n)
	})
	s.Texts(&c.Fields)
	s.Bool(&c.Incomplete)
}

// flatMedium visits a medium by value: its bytes, or why they cannot be had.
func flatMedium(s *flat.Stream, m *media.Source) {
	var name, fault string
	var data []byte
	if !s.Reading() {
		name = (*m).Name()
		var err error
		if data, err = bytesOf(*m); err != nil {
			data, fault = nil, err.Error()
		}
	}
	s.Text(&name)
	s.Bytes(&data)
	s.Text(&fault)
	switch {
	case !s.Reading():
	case fault != "":
		*m = media.Made(name, func() ([]byte, error) { return nil, errors.New(fault) })
	default:
		*m = media.Bytes(name, data)
	}
}

func bytesOf(m media.Source) ([]byte, error) {
	in, err := media.Open(context.Background(), m)
	if err != nil {
		return nil, err
	}
	data, err := in.All(media.MaxFileBytes)
	return data, errors.Join(err, in.Close())
}

// rowWriter writes the rows of a job, a block as soon as it is full.
type rowWriter struct {
	job     *Job
	storage Storage // nil: the rows are those of a job that is there
	rows    blockRows
	block   int
	file    []byte // of the last block
}

// add adds the next row.
func (w *rowWriter) add(ctx context.Context, index int, r *dataset.Row) error {
	if w.storage == nil {
		return nil
	}
	list := &w.rows.list
	if *list = append(*list, placed{index, *r}); len(*list) < w.job.Blocks[w.block+1]-w.job.Blocks[w.block] {
		return nil
	}
	w.file = flat.EncodeTo(w.file, rowsFormat, w.rows.flat)
	err := w.storage.Write(ctx, rowsFile(w.block), w.file)
	*list, w.block = (*list)[:0], w.block+1
	return err
}

// writeRows writes the rows of a data set in the given order, nil being their own, and sets what
// the job holds of all of them: a hash, and what is wrong with them.
func (j *Job) writeRows(ctx context.Context, s Storage, rows *dataset.Blocks, order []int) error {
	w, sum := &rowWriter{job: j, storage: s}, dataset.NewRowsDigest()
	found := append(dataset.Problems{}, rows.Problems...)
	at := 0
	for ds, err := range rows.All() {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return err
		}
		sum.Add(ds.Rows)
		if !rows.One() {
			found = append(found, ds.Problems...)
		}
		for i := range ds.Rows {
			index := at
			if order != nil { // all rows are there
				index = order[at]
				i = index
			}
			if err := w.add(ctx, index, &ds.Rows[i]); err != nil {
				return err
			}
			at++
		}
	}
	found = append(found, rows.Late()...)
	rows.SortProblems(found)
	j.Data.SHA256, j.Data.Problems = sum.Sum(), found
	return nil
}

// block reads the rows of a block, and their places in the data set.
func (f *files) block(ctx context.Context, b int) ([]placed, error) {
	data, err := f.Read(ctx, rowsFile(b))
	var rows blockRows
	if err == nil {
		err = flat.Decode(rowsFormat, data, rows.flat)
	}
	if err != nil {
		return nil, fmt.Errorf("cannot read the rows of block %d: %w", b, err)
	}
	for i := range rows.list {
		r := &rows.list[i]
		if r.index < 0 || r.index >= f.job.Data.Rows || len(r.row.Cells) != len(f.job.Data.Schema.Columns) {
			return nil, fmt.Errorf("cannot read the rows of block %d: row %d is not of the job", b, r.index)
		}
	}
	if n := f.job.Blocks[b+1] - f.job.Blocks[b]; n != len(rows.list) {
		return nil, fmt.Errorf("cannot read the rows of block %d: there are %d of %d", b, len(rows.list), n)
	}
	return rows.list, nil
}
