package parquet

import (
	"encoding/json"
	"errors"
	"math"

	pq "github.com/parquet-go/parquet-go"

	"github.com/fusor-ml/fusor/internal/spool"
)

// Of the texts of a column this many are kept to be shared, and all that are at least this long.
const (
	maxShared = 1 << 16
	longText  = 64
)

// builder collects the values of one leaf, row by row.
type builder struct {
	leaf
	numeric bool // a list of numbers
	bad     bool // a value that is no text

	text  []string
	flat  []float32         // of all lists
	ends  []int             // of each row in flat; -1 for null
	words [][]string        // of lists of text
	last  string            // the latest text, shared where it repeats
	known map[string]string // texts to share
	limit int64             // bytes of text that may yet be taken

	blobs *spool.Spool // of a binary column: where its values go
	held  [][]Blob     // of each row
}

// rows is how many rows were begun.
func (b *builder) rows() int {
	switch {
	case b.blobs != nil:
		return len(b.held)
	case b.numeric:
		return len(b.ends)
	case b.list:
		return len(b.words)
	}
	return len(b.text)
}

// add takes one value with its levels.
func (b *builder) add(v pq.Value) error {
	// A value is there where its definition level is the full one (Dremel's record shredding).
	there := v.DefinitionLevel() == b.maxDef && !v.IsNull()
	if b.blobs != nil {
		return b.addBlob(v, there)
	}
	if there && isBinary(b.element) && notText(v.ByteArray()) {
		return errBinary
	}
	if !b.list {
		text := ""
		if there {
			var err error
			if text, err = b.string(v); err != nil {
				return err
			}
		}
		b.text = append(b.text, text)
		return nil
	}
	// 0 begins a row, 1 goes on with its list.
	if v.RepetitionLevel() == 0 {
		b.words = append(b.words, nil)
		if b.numeric {
			b.words = b.words[:0]
			b.ends = append(b.ends, -1)
		}
	} else if b.rows() == 0 {
		return errors.New("a list that goes on before it begins")
	}
	if v.DefinitionLevel() < b.repDef { // a null list, or one level above it an empty one
		switch {
		case v.DefinitionLevel() < b.repDef-1:
		case b.numeric:
			b.ends[len(b.ends)-1] = len(b.flat)
		default:
			b.words[len(b.words)-1] = []string{}
		}
		return nil
	}
	if b.numeric {
		// A null within a vector is a number that is missing.
		x := float32(math.NaN())
		if there {
			x = b.number(v)
		}
		b.flat = append(b.flat, x)
		b.ends[len(b.ends)-1] = len(b.flat)
		return nil
	}
	text := ""
	if there {
		var err error
		if text, err = b.string(v); err != nil {
			return err
		}
	}
	b.words[len(b.words)-1] = append(b.words[len(b.words)-1], text)
	return nil
}

// string formats v. Texts that repeat share their memory: a dictionary of a few long ones may
// stand for any number of rows.
func (b *builder) string(v pq.Value) (string, error) {
	if b.verbatim {
		raw := v.ByteArray()
		if string(raw) == b.last {
			return b.last, nil
		}
		if s, ok := b.known[string(raw)]; ok {
			b.last = s
			return s, nil
		}
	}
	s, ok := b.format(v)
	if !ok {
		b.bad = true
	}
	if b.limit -= int64(len(s)); b.limit < 0 {
		return "", errors.New("the column would unpack to more than it may")
	}
	if b.verbatim && (len(b.known) < maxShared || len(s) >= longText) {
		if b.known == nil {
			b.known = map[string]string{}
		}
		b.known[s] = s
	}
	b.last = s
	return s, nil
}

// column ends the building.
func (b *builder) column() Column {
	c := Column{Name: b.name, Text: b.text}
	switch {
	case b.blobs != nil:
		c.Blobs, c.Text = b.held, make([]string, len(b.held))
	case b.numeric:
		c.Lists = make([][]float32, len(b.ends))
		at := 0
		for i, end := range b.ends {
			if end >= 0 {
				c.Lists[i] = b.flat[at:end:end]
				at = end
			}
		}
	case b.list:
		c.Text = make([]string, len(b.words))
		for i, w := range b.words {
			if w != nil {
				data, _ := json.Marshal(w) // text always marshals
				c.Text[i] = string(data)
			}
		}
	}
	return c
}
