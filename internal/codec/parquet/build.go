package parquet

import (
	"encoding/json"
	"errors"
	"io"
	"math"

	pq "github.com/parquet-go/parquet-go"
)

// builder collects the values of one leaf, row by row.
type builder struct {
	leaf
	numeric bool // a list of numbers
	bad     bool // a value that is no text

	text  []string
	flat  []float32  // of all lists
	ends  []int      // of each row in flat; -1 for null
	words [][]string // of lists of text
	last  string     // the latest text, shared where it repeats
}

// rows is how many rows were begun.
func (b *builder) rows() int {
	switch {
	case b.numeric:
		return len(b.ends)
	case b.list:
		return len(b.words)
	}
	return len(b.text)
}

// chunk reads the pages of one column chunk.
func (b *builder) chunk(c pq.ColumnChunk) (err error) {
	pages := c.Pages()
	defer func() {
		if e := pages.Close(); err == nil {
			err = e
		}
	}()
	buf := make([]pq.Value, 512)
	for {
		page, err := pages.ReadPage()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		err = b.page(page, buf)
		pq.Release(page)
		if err != nil {
			return err
		}
	}
}

// page reads the values of one page.
func (b *builder) page(page pq.Page, buf []pq.Value) error {
	values := page.Values()
	for {
		n, err := values.ReadValues(buf)
		for _, v := range buf[:n] {
			if e := b.add(v); e != nil {
				return e
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if n == 0 {
			return io.ErrNoProgress
		}
	}
}

// add takes one value with its levels.
func (b *builder) add(v pq.Value) error {
	there := v.DefinitionLevel() == b.maxDef && !v.IsNull()
	if !b.list {
		text := ""
		if there {
			text = b.string(v)
		}
		b.text = append(b.text, text)
		return nil
	}
	if v.RepetitionLevel() == 0 {
		b.words = append(b.words, nil)
		if b.numeric {
			b.words = b.words[:0]
			b.ends = append(b.ends, -1)
		}
	} else if b.rows() == 0 {
		return errors.New("a list that goes on before it begins")
	}
	if v.DefinitionLevel() < b.repDef { // a null or empty list
		return nil
	}
	if b.numeric {
		x := float32(math.NaN())
		if there {
			x = number(v)
		}
		b.flat = append(b.flat, x)
		b.ends[len(b.ends)-1] = len(b.flat)
		return nil
	}
	text := ""
	if there {
		text = b.string(v)
	}
	b.words[len(b.words)-1] = append(b.words[len(b.words)-1], text)
	return nil
}

// string formats v.
func (b *builder) string(v pq.Value) string {
	if v.Kind() == pq.ByteArray && string(v.ByteArray()) == b.last {
		return b.last
	}
	s, ok := b.format(v)
	if !ok {
		b.bad = true
	}
	b.last = s
	return s
}

// column ends the building.
func (b *builder) column() Column {
	c := Column{Name: b.name, Text: b.text}
	switch {
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
