package dataset

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash"

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
	for i := range d.Rows {
		r := &d.Rows[i]
		// %q keeps the borders of the texts.
		fmt.Fprintf(h, "%d %q %q %v %q\n", part[i], r.ID, r.Group, r.Order, r.Label)
		for _, cell := range r.cells() {
			hashCell(h, &cell)
		}
	}
	return fmt.Sprintf("%x", h.Sum(nil))
}

func hashCell(h hash.Hash, c *Cell) {
	fmt.Fprintf(h, "%q %q %q %d\n", c.Text, c.Files, c.Fields, len(c.Vector))
	binary.Write(h, binary.LittleEndian, c.Vector) //nolint:errcheck // a hash takes everything
	if len(c.Index) > 0 {
		binary.Write(h, binary.LittleEndian, c.Index) //nolint:errcheck // a hash takes everything
	}
	for _, src := range c.Sources(media.Folder{})[len(c.Files):] { // by value
		sum, err := src.Sum()
		if err != nil { // it is reported where it is read
			sum = src.Name()
		}
		fmt.Fprintf(h, "%q\n", sum)
	}
}
