package scale

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"math"
	"testing"

	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/feature"
	"github.com/fusor-ml/fusor/internal/flat"
	"github.com/fusor-ml/fusor/media"
)

// wholeRow has something in every field.
func wholeRow() dataset.Row {
	return dataset.Row{
		Number: 7, ID: "i", Split: "train", Group: "g", Order: math.Inf(-1), Label: "a|b", Class: -1, Labels: []int{0, 2}, Target: 1.5,
		Cells: []dataset.Cell{
			{Text: "not \xff UTF-8", Fields: []string{"1", "", "x"}, Incomplete: true},
			{Files: []string{"a.jpg", "b.jpg"}, Data: []byte{0, 1}, Name: "n", Media: []media.Source{
				media.Bytes("m", []byte("medium")), media.Made("broken", func() ([]byte, error) { return nil, errors.New("it is gone") }),
			}},
			{Vector: []float32{1, float32(math.Inf(1))}, Index: []uint32{0, math.MaxUint32}},
		},
	}
}

// TestRows writes the rows of a job and reads them, without loss.
func TestRows(t *testing.T) {
	var rows []dataset.Row
	for _, change := range []func(*dataset.Row){
		func(*dataset.Row) {},
		func(r *dataset.Row) { r.Labels = nil },
		func(r *dataset.Row) { r.Labels = []int{} },
		func(r *dataset.Row) { r.Order, r.Target = math.NaN(), math.NaN() },
		func(r *dataset.Row) { clear(r.Cells) },
	} {
		r := wholeRow()
		change(&r)
		rows = append(rows, r)
	}
	ds := &dataset.Dataset{Rows: rows, Schema: dataset.Schema{Columns: make([]dataset.Column, 3)}}
	s, order := Dir(t.TempDir()), []int{4, 0, 2, 1, 3}
	j := newJob(Extract, ds, len(rows), &Setup{})
	j.blocks(2, func(int) bool { return true })
	if err := j.writeRows(t.Context(), s, dataset.OneBlock(ds), order); err != nil {
		t.Fatal(err)
	}
	f := &files{Storage: s, job: j}
	got := make([]dataset.Row, len(rows))
	at := 0
	for b := range 3 {
		list, err := f.block(t.Context(), b)
		if err != nil {
			t.Fatal(err)
		}
		for i := range list {
			if list[i].index != order[at] {
				t.Errorf("row %d is at %d, not %d", at, list[i].index, order[at])
			}
			got[list[i].index] = list[i].row
			at++
		}
	}
	for i := range rows {
		one, two := &dataset.Dataset{Rows: rows[i : i+1]}, &dataset.Dataset{Rows: got[i : i+1]}
		if one.Digest() != two.Digest() {
			t.Errorf("row %d is read as\n%+v\nwant\n%+v", i, got[i], rows[i])
		}
	}
	if all := (&dataset.Dataset{Rows: got}); j.Data.SHA256 != ds.Digest() || all.Digest() != ds.Digest() {
		t.Error("the rows have another digest")
	}
	data, err := s.Read(t.Context(), rowsFile(0))
	if err == nil {
		err = s.Write(t.Context(), rowsFile(0), data[:len(data)-1])
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.block(t.Context(), 0); !errors.Is(err, flat.ErrDamaged) {
		t.Errorf("rows that were cut: %v", err)
	}
}

// FuzzPart reads parts whose checksum holds, whatever lies before it: they end in a value, which is
// written as it was read, or in an error.
func FuzzPart(f *testing.F) {
	one := &part{"id", "0.1.0", "avx2", 3, true, []byte("data")}
	cut := func(b []byte) []byte { return b[:len(b)-sha256.Size] }
	f.Add(cut(flat.Encode(partFormat, one.flat)))
	block := &features{
		Block:    feature.Block{Views: []string{"a.b"}, Records: [][][]byte{{make([]byte, 16), nil}}, Incomplete: []feature.CellRef{{Row: 1, Column: 0}}},
		resolved: []resolved{{1, 0, []byte(`{"text":"x"}`)}}, problems: dataset.Problems{{Code: "c", Row: 2, What: "w"}},
	}
	f.Add(cut(flat.Encode(featuresFormat, block.flat)))
	all := &answers{[]byte(`[{"Class":"x"}]`), dataset.Problems{{What: "w"}}}
	f.Add(cut(flat.Encode(answersFormat, all.flat)))
	list := &blockRows{list: []placed{{3, wholeRow()}}}
	f.Add(cut(flat.Encode(rowsFormat, list.flat)))
	f.Fuzz(func(t *testing.T, data []byte) {
		sum := sha256.Sum256(data)
		file := append(bytes.Clone(data), sum[:]...)
		for format, visit := range map[string]func(*flat.Stream){
			partFormat: new(part).flat, featuresFormat: new(features).flat, answersFormat: new(answers).flat,
		} {
			if flat.Decode(format, file, visit) == nil && !bytes.Equal(flat.Encode(format, visit), file) {
				t.Errorf("a part of %s is written in other bytes than it was read", format)
			}
		}
		if rows := new(blockRows); flat.Decode(rowsFormat, file, rows.flat) == nil {
			flat.Encode(rowsFormat, rows.flat)
		}
		var c features
		if flat.Decode(featuresFormat, file, c.flat) == nil {
			views := feature.NewFeatures([]feature.Ref{{Name: "a.b"}}, 2)
			views.PutBlock([]int{0, 1}, &c.Block) //nolint:errcheck // an error is as good
			for _, r := range c.resolved {
				json.Unmarshal(r.cell, new(dataset.Cell)) //nolint:errcheck // an error is as good
			}
		}
	})
}
