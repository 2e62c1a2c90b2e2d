package feature

import (
	"fmt"

	"github.com/fusor-ml/fusor/internal/flat"
)

// Block is the extracted views of some rows on their way from one machine to another.
type Block struct {
	Views      []string   // parallel to the refs of Features
	Records    [][][]byte // [view][row]; none where a row is absent
	Incomplete []CellRef  // rows of the block
}

// NewFeatures returns the features of n rows, all absent, that blocks are put into.
func NewFeatures(refs []Ref, n int) *Features {
	f := &Features{Refs: refs, Incomplete: map[CellRef]bool{}}
	for range refs {
		f.Stores = append(f.Stores, NewStore(n))
	}
	return f
}

// Block returns what f holds.
func (f *Features) Block() (*Block, error) {
	out := &Block{}
	var raw Raw
	for v, s := range f.Stores {
		records := make([][]byte, s.Len())
		for i := range records {
			if !s.Present(i) {
				continue
			}
			if err := s.Get(i, &raw); err != nil {
				return nil, err
			}
			records[i] = appendRecord(make([]byte, 0, recordLen(raw)), raw)
		}
		out.Views, out.Records = append(out.Views, f.Refs[v].Name), append(out.Records, records)
	}
	columns := 0
	for _, ref := range f.Refs {
		columns = max(columns, ref.Column+1)
	}
	for row := range f.rows() {
		for c := range columns {
			if p := (CellRef{row, c}); f.Incomplete[p] {
				out.Incomplete = append(out.Incomplete, p)
			}
		}
	}
	return out, nil
}

// rows is the number of rows.
func (f *Features) rows() int {
	if len(f.Stores) == 0 {
		return 0
	}
	return f.Stores[0].Len()
}

// PutBlock puts the rows of a block of the same views where rows has them.
func (f *Features) PutBlock(rows []int, block *Block) error {
	if len(block.Views) != len(f.Refs) || len(block.Records) != len(f.Refs) {
		return fmt.Errorf("cannot put a block of %d views into features of %d", len(block.Views), len(f.Refs))
	}
	for v, records := range block.Records {
		if block.Views[v] != f.Refs[v].Name || len(records) != len(rows) {
			return fmt.Errorf("cannot put a block: it has %d rows of %s where there are %d of %s", len(records), block.Views[v], len(rows), f.Refs[v].Name)
		}
		for i, rec := range records {
			if len(rec) == 0 {
				continue
			}
			if _, _, err := recordCounts(rec); err != nil {
				return err
			}
			if err := f.Stores[v].putRecord(rows[i], rec); err != nil {
				return err
			}
		}
	}
	for _, p := range block.Incomplete {
		if p.Row < 0 || p.Row >= len(rows) {
			return fmt.Errorf("cannot put a block: it has no row %d", p.Row)
		}
		f.Incomplete[CellRef{rows[p.Row], p.Column}] = true
	}
	return nil
}

// Flat visits the block, to write or to read it.
func (b *Block) Flat(s *flat.Stream) {
	s.Texts(&b.Views)
	flat.List(s, &b.Records, func(records *[][]byte) { flat.List(s, records, s.Bytes) })
	flat.List(s, &b.Incomplete, func(p *CellRef) {
		s.Int(&p.Row)
		s.Int(&p.Column)
	})
}
