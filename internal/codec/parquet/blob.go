package parquet

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	pq "github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
)

// Blob is one value of a binary column, outside memory where the column holds many bytes.
type Blob struct {
	Data io.ReaderAt // nil where null or empty
	Size int64
	Sum  [sha256.Size]byte
}

// errBinary is returned where a column of bytes turns out to hold no text.
var errBinary = errors.New("binary values")

// isBinary reports whether the values of a column are bytes that nothing declares to be text.
func isBinary(e *format.SchemaElement) bool {
	kind := pq.Kind(e.Type.V)
	return (kind == pq.ByteArray || kind == pq.FixedLenByteArray) && e.LogicalType.Value == nil && !e.ConvertedType.Valid
}

// notText reports whether bytes cannot be text. A file of which all bytes are ASCII is no medium
// but a text.
func notText(b []byte) bool { return bytes.IndexByte(b, 0) >= 0 || !utf8.Valid(b) }

// addBlob keeps one value of a binary column, or of a list of such values.
func (b *builder) addBlob(v pq.Value, there bool) error {
	if v.RepetitionLevel() == 0 {
		b.held = append(b.held, nil)
	} else if len(b.held) == 0 {
		return errors.New("a list that goes on before it begins")
	}
	if b.list && v.DefinitionLevel() < b.repDef { // no list, or an empty one
		return nil
	}
	var blob Blob
	if there && len(v.ByteArray()) > 0 {
		data := v.ByteArray()
		r, err := b.blobs.Add(data)
		if err != nil {
			return err
		}
		blob = Blob{Data: r, Size: int64(len(data)), Sum: sha256.Sum256(data)}
	}
	row := &b.held[len(b.held)-1]
	*row = append(*row, blob)
	return nil
}

// joinNames makes one column of the two fields of a struct {bytes, path}, as Hugging Face's data
// sets hold pictures and sounds, or of lists of such structs: the path is the name of the bytes or,
// without bytes, of a file. ofBytes are the columns of bytes.
func joinNames(columns []Column, ofBytes map[string]bool) []Column {
	fields := map[string]int{} // how many a struct has
	index := map[string]int{}
	for i, c := range columns {
		index[c.Name] = i
		if parent, _, nested := cutLast(c.Name); nested {
			fields[parent]++
		}
	}
	drop := map[int]bool{}
	for i := range columns {
		c := &columns[i]
		parent, field, _ := cutLast(c.Name)
		p, ok := index[parent+".path"]
		if field != "bytes" || !ofBytes[c.Name] || !ok || fields[parent] != 2 || columns[p].Text == nil {
			continue
		}
		if _, taken := index[parent]; taken {
			continue
		}
		c.Name, c.Text = parent, columns[p].Text
		drop[p] = true
	}
	kept := columns[:0]
	for i, c := range columns {
		if !drop[i] {
			kept = append(kept, c)
		}
	}
	return kept
}

// cutLast cuts a name at its last dot.
func cutLast(name string) (before, after string, found bool) {
	if i := strings.LastIndexByte(name, '.'); i >= 0 {
		return name[:i], name[i+1:], true
	}
	return "", name, false
}
