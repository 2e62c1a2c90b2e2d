package dataset

import (
	"encoding/binary"
	"hash/maphash"
	"math"

	"github.com/fusor-ml/fusor/media"
)

// Copies are worth a note from this share of the rows. Rows that hold less than so many bytes, a
// word or two, are alike by nature: where the model is used, too.
const (
	copiesShare = 0.01
	copiesBytes = 20
)

// noteDuplicates reports rows that are the same in every modality where a split may divide them: a
// model that remembers the one knows the label of the other.
func noteDuplicates(ds *Dataset, c *collector) {
	split, official := false, false
	for i := range ds.Rows {
		split = split || ds.Rows[i].Split != ""
		official = official || ds.Rows[i].Split == "test"
	}
	type place struct {
		content uint64
		side    string // rows of one side are never divided
	}
	places, sides, all := make([]place, len(ds.Rows)), map[place]int{}, map[uint64]int{}
	seed := maphash.MakeSeed()
	for i := range ds.Rows {
		row := &ds.Rows[i]
		content, enough := row.content(seed)
		if !row.Labeled() || !enough || split && row.Split == "" {
			continue
		}
		side := row.Group
		switch {
		case row.Split == "val":
			side = "train"
		case split:
			side = row.Split
		case side == "":
			side = itoa(i)
		}
		places[i] = place{content, side}
		sides[places[i]]++
		all[content]++
	}
	copies, rows := 0, 0
	for i := range ds.Rows {
		row := &ds.Rows[i]
		if !row.Labeled() || official && row.Split != "test" {
			continue
		}
		rows++
		if all[places[i].content] > sides[places[i]] {
			copies++
		}
	}
	const advice = "remove the copies, or keep them together: give them one name in a column, and that to --group"
	switch {
	case copies == 0 || float64(copies) < copiesShare*float64(rows):
	case official:
		c.note("rows.copies", 0, "", "remove the copies", "%d of %s also training or validation rows, the same in every modality: scores there are too good", copies, areOf(rows, "test row"))
	default:
		c.note("rows.copies", 0, "", advice, "%d of %s exact copies of another in every modality: where a split divides copies, scores are too good", copies, areOf(rows, "row"))
	}
}

// areOf is "200 rows are".
func areOf(n int, thing string) string { return plural(n, thing) + " " + are(n) }

// content hashes what the row's modalities hold, files by their names, and reports whether that is
// enough to tell it from other rows.
func (r *Row) content(seed maphash.Seed) (sum uint64, enough bool) {
	var h maphash.Hash
	h.SetSeed(seed)
	size := 0
	put := func(s string, worth int) {
		h.Write(binary.LittleEndian.AppendUint32(nil, uint32(len(s))))
		h.WriteString(s)
		if s != "" {
			size += worth
		}
	}
	for k := range r.Cells {
		cell := &r.Cells[k]
		put(cell.Text, len(cell.Text))
		put(itoa(len(cell.Files)), 0)
		for _, f := range cell.Files {
			put(f, copiesBytes)
		}
		for _, src := range cell.Sources(media.Folder{})[len(cell.Files):] {
			sum, err := src.Sum()
			if err != nil { // it is reported where it is read
				sum = src.Name()
			}
			put(sum, copiesBytes)
		}
		for _, f := range cell.Fields {
			put(f, 5) // of a number or category: as much as a short word
		}
		for _, x := range cell.Vector {
			h.Write(binary.LittleEndian.AppendUint32(nil, math.Float32bits(x)))
			size += 4
		}
		for _, x := range cell.Index {
			h.Write(binary.LittleEndian.AppendUint32(nil, x))
			size += 4
		}
		put("", 0)
	}
	return h.Sum64(), size >= copiesBytes
}
