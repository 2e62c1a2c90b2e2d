package dataset

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash"
	"strconv"

	"github.com/fusor-ml/fusor/media"
)

// Digest returns a hash of all that the rows hold: media by value count with what they hold, files
// by their names.
func (d *Dataset) Digest() string {
	sum := NewRowsDigest()
	sum.Add(d.Rows)
	return sum.Sum()
}

// RowsDigest is [Dataset.Digest] of rows that come some at a time.
type RowsDigest struct {
	h rowHash
	b []byte
}

// NewRowsDigest begins a digest.
func NewRowsDigest() *RowsDigest { return &RowsDigest{h: rowHash{Hash: sha256.New()}} }

// Add adds the next rows.
func (d *RowsDigest) Add(rows []Row) {
	for i := range rows {
		r := &rows[i]
		b := strconv.AppendInt(d.b[:0], int64(r.Number), 10)
		b = appendQuote(append(b, ' '), r.Split)
		b = fmt.Append(append(b, ' '), r.Class, r.Labels == nil, r.Labels, " ", r.Target, " ")
		d.b = d.h.add(r, b, true)
	}
}

// Sum returns the digest of the rows so far.
func (d *RowsDigest) Sum() string { return fmt.Sprintf("%x", d.h.Sum(nil)) }

// RunDigest returns a hash of the rows and the parts of a run that they are in, whatever they were
// read from.
func (d *Dataset) RunDigest(run Run) string { return d.RunDigests()(run) }

// RunDigests returns RunDigest, which of rows that [Blocks.Samples] returned does not hold them: it
// reads the table again.
func (d *Dataset) RunDigests() func(run Run) string {
	n, from := len(d.Rows), d.blocks
	if from == nil {
		from = OneBlock(d)
	}
	return func(run Run) string {
		h := rowHash{Hash: sha256.New()}
		part := make([]byte, n)
		for k, rows := range [][]int{run.Train, run.Val, run.Test} {
			for _, r := range rows {
				part[r] = byte(k + 1)
			}
		}
		var b []byte
		i := 0
		for ds, err := range from.All() {
			if err != nil { // it is the hash of no run
				return ""
			}
			for k := range ds.Rows {
				b = strconv.AppendInt(b[:0], int64(part[i]), 10)
				b = h.add(&ds.Rows[k], b, false)
				i++
			}
		}
		return fmt.Sprintf("%x", h.Sum(nil))
	}
}

// rowHash hashes rows.
type rowHash struct {
	hash.Hash
	room []string
}

// add hashes b and what r holds. It returns b to be used again. Where all is set, names of media
// by value and what was left out count as well.
func (h *rowHash) add(r *Row, b []byte, all bool) []byte {
	// Quotes keep the borders of the texts.
	b = appendQuote(append(b, ' '), r.ID)
	b = appendQuote(append(b, ' '), r.Group)
	b = fmt.Append(append(b, ' '), r.Order)
	b = appendQuote(append(b, ' '), r.Label)
	h.Write(append(b, '\n'))
	for k := range r.Width() {
		cell := r.CellWith(k, &h.room)
		if all {
			b = strconv.AppendBool(b[:0], cell.Incomplete)
			b = appendQuote(append(b, ' '), cell.Name)
			for _, src := range cell.Media {
				b = appendQuote(append(b, ' '), src.Name())
			}
			h.Write(append(b, '\n'))
		}
		b = hashCell(h, &cell, b)
	}
	return b
}

// hashCell uses b for what it writes, and returns it to be used again.
func hashCell(h hash.Hash, c *Cell, b []byte) []byte {
	b = appendQuote(b[:0], c.Text)
	b = appendQuoted(append(b, ' '), c.Files)
	b = appendQuoted(append(b, ' '), c.Fields)
	b = strconv.AppendInt(append(b, ' '), int64(len(c.Vector)), 10)
	h.Write(append(b, '\n'))
	if len(c.Vector) > 0 {
		binary.Write(h, binary.LittleEndian, c.Vector) //nolint:errcheck // a hash takes everything
	}
	if len(c.Index) > 0 {
		binary.Write(h, binary.LittleEndian, c.Index) //nolint:errcheck // a hash takes everything
	}
	if len(c.Data) == 0 && len(c.Media) == 0 {
		return b
	}
	for _, src := range c.Sources(media.Folder{})[len(c.Files):] { // by value
		sum, err := src.Sum()
		if err != nil { // it is reported where it is read
			sum = src.Name()
		}
		h.Write(append(appendQuote(b[:0], sum), '\n'))
	}
	return b
}

// appendQuoted appends texts as ["a" "b"].
func appendQuoted(b []byte, texts []string) []byte {
	b = append(b, '[')
	for i, t := range texts {
		if i > 0 {
			b = append(b, ' ')
		}
		b = appendQuote(b, t)
	}
	return append(b, ']')
}

// appendQuote is strconv.AppendQuote, at less cost where there is nothing to escape.
func appendQuote(b []byte, text string) []byte {
	if !isUnquoted(text) {
		return strconv.AppendQuote(b, text)
	}
	return append(append(append(b, '"'), text...), '"')
}

// isUnquoted reports whether text is of printable ASCII without quotes and backslashes. It looks at
// eight characters at a time, as all of a wide table are looked at.
func isUnquoted(text string) bool {
	const ones, high = 0x0101010101010101, 0x8080808080808080
	for len(text) >= 8 {
		x := uint64(text[0]) | uint64(text[1])<<8 | uint64(text[2])<<16 | uint64(text[3])<<24 |
			uint64(text[4])<<32 | uint64(text[5])<<40 | uint64(text[6])<<48 | uint64(text[7])<<56
		// A difference sets the high bit of a byte that is less. What it borrows may set that
		// of the byte above too, but then one is less in any case.
		quote, slash, del := x^ones*'"', x^ones*'\\', x^ones*0x7f
		if (x|(x-ones*' ')|(quote-ones)&^quote|(slash-ones)&^slash|(del-ones)&^del)&high != 0 {
			return false
		}
		text = text[8:]
	}
	for i := 0; i < len(text); i++ {
		if c := text[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}
