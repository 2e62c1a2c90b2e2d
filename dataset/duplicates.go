package dataset

import (
	"encoding/binary"
	"hash/maphash"
	"math"
	"slices"

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
	h := contentHash{seed: maphash.MakeSeed()}
	noteCopies(ds, func(i int) (uint64, bool) { return h.of(&ds.Rows[i]) }, c)
}

// noteCopies is noteDuplicates of rows whose contents of hashes, each once; it reports whether a
// content is enough to tell its row from others.
func noteCopies(ds *Dataset, of func(i int) (sum uint64, enough bool), c *collector) {
	split, official := false, false
	for i := range ds.Rows {
		split = split || ds.Rows[i].Split != ""
		official = official || ds.Rows[i].Split == "test"
	}
	type place struct {
		content uint64
		side    string // rows of one side are never divided
	}
	contents, taken := make([]uint64, len(ds.Rows)), make([]bool, len(ds.Rows))
	for i := range ds.Rows {
		row := &ds.Rows[i]
		// Rows without a split are left out of training, so that their copies harm nobody.
		if !row.Labeled() || split && row.Split == "" {
			continue
		}
		contents[i], taken[i] = of(i)
	}
	// Almost no content repeats: only what does gets an entry in a map.
	all := repeated(contents, taken)
	sides := map[place]int{}
	at := func(i int) (p place, ok bool) {
		if !taken[i] || all[contents[i]] == 0 {
			return place{}, false
		}
		side := ds.Rows[i].Group
		switch s := ds.Rows[i].Split; {
		// Val counts as train: only the test must not hold copies of either.
		case s == "val":
			side = "train"
		case split:
			side = s
		// Without split and group a row is a side of its own, since any two may be divided.
		case side == "":
			side = itoa(i)
		}
		return place{contents[i], side}, true
	}
	for i := range ds.Rows {
		if p, ok := at(i); ok {
			sides[p]++
		}
	}
	copies, rows := 0, 0
	for i := range ds.Rows {
		row := &ds.Rows[i]
		if !row.Labeled() || official && row.Split != "test" {
			continue
		}
		rows++
		// Copies exist that are not on this row's side.
		if p, ok := at(i); ok && all[p.content] > sides[p] {
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

// repeated counts the contents that more than one of the rows taken has.
func repeated(contents []uint64, taken []bool) map[uint64]int {
	sorted := make([]uint64, 0, len(contents))
	for i, c := range contents {
		if taken[i] {
			sorted = append(sorted, c)
		}
	}
	slices.Sort(sorted)
	out := map[uint64]int{}
	for i := 1; i < len(sorted); i++ {
		if sorted[i] == sorted[i-1] {
			out[sorted[i]] = max(2, out[sorted[i]]+1)
		}
	}
	return out
}

// Contents are hashes of what rows hold, by which copies are found among rows that are not held.
type Contents struct {
	h      contentHash
	sums   []uint64
	enough []bool
}

// NewContents makes those of n rows.
func NewContents(n int) *Contents {
	return &Contents{contentHash{seed: maphash.MakeSeed()}, make([]uint64, n), make([]bool, n)}
}

// Put sets what row i holds.
func (c *Contents) Put(i int, r *Row) { c.sums[i], c.enough[i] = c.h.of(r) }

func (c *Contents) of(i int) (sum uint64, enough bool) { return c.sums[i], c.enough[i] }

// contentHash hashes what rows hold.
type contentHash struct {
	seed maphash.Seed
	row  []byte
	size int
	room []string
}

// put adds a text to the row, which counts as worth bytes if there is one.
func (h *contentHash) put(s string, worth int) {
	h.row = append(binary.LittleEndian.AppendUint32(h.row, uint32(len(s))), s...)
	if s != "" {
		h.size += worth
	}
}

// of hashes what the row's modalities hold, files by their names, and reports whether that is
// enough to tell it from other rows.
func (h *contentHash) of(r *Row) (sum uint64, enough bool) {
	h.row, h.size = h.row[:0], 0
	for k := range r.Width() {
		cell := r.CellWith(k, &h.room)
		h.put(cell.Text, len(cell.Text))
		h.put(itoa(len(cell.Files)), 0)
		for _, f := range cell.Files {
			h.put(f, copiesBytes)
		}
		for _, src := range cell.Sources(media.Folder{})[len(cell.Files):] {
			sum, err := src.Sum()
			if err != nil { // it is reported where it is read
				sum = src.Name()
			}
			h.put(sum, copiesBytes)
		}
		for _, f := range cell.Fields {
			h.put(f, 5) // of a number or category: as much as a short word
		}
		for _, x := range cell.Vector {
			h.row = binary.LittleEndian.AppendUint32(h.row, math.Float32bits(x))
		}
		for _, x := range cell.Index {
			h.row = binary.LittleEndian.AppendUint32(h.row, x)
		}
		h.size += 4 * (len(cell.Vector) + len(cell.Index))
		h.put("", 0)
	}
	return maphash.Bytes(h.seed, h.row), h.size >= copiesBytes
}
