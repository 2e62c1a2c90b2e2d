package dataset

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash"
	"strconv"

	"github.com/fusor-ml/fusor/media"
)

// Digest returns a hash of the rows: media by value count with what they hold, files by their
// names.
func (d *Dataset) Digest() (string, error) {
	h := sha256.New()
	for i := range d.Rows {
		row, err := json.Marshal(d.Rows[i].json(mediumSum))
		if err != nil {
			return "", fmt.Errorf("cannot hash row %d: %w", d.Rows[i].Number, err)
		}
		h.Write(row)
	}
	return fmt.Sprintf("%x", h.Sum(nil)), nil
}

// RunDigest returns a hash of the rows and the parts of a run that they are in, whatever they were
// read from.
func (d *Dataset) RunDigest(run Run) string {
	h := sha256.New()
	part := make([]byte, len(d.Rows))
	for k, rows := range [][]int{run.Train, run.Val, run.Test} {
		for _, r := range rows {
			part[r] = byte(k + 1)
		}
	}
	var b []byte
	for i := range d.Rows {
		r := &d.Rows[i]
		// Quotes keep the borders of the texts.
		b = strconv.AppendInt(b[:0], int64(part[i]), 10)
		b = strconv.AppendQuote(append(b, ' '), r.ID)
		b = strconv.AppendQuote(append(b, ' '), r.Group)
		b = fmt.Append(append(b, ' '), r.Order)
		b = strconv.AppendQuote(append(b, ' '), r.Label)
		h.Write(append(b, '\n'))
		for _, cell := range r.cells() {
			b = hashCell(h, &cell, b)
		}
	}
	return fmt.Sprintf("%x", h.Sum(nil))
}

// hashCell uses b for what it writes, and returns it to be used again.
func hashCell(h hash.Hash, c *Cell, b []byte) []byte {
	b = strconv.AppendQuote(b[:0], c.Text)
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
		h.Write(append(strconv.AppendQuote(b[:0], sum), '\n'))
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
		b = strconv.AppendQuote(b, t)
	}
	return append(b, ']')
}
