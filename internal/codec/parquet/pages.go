package parquet

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"slices"

	pq "github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
)

// chunkReader reads the pages of one column chunk, whose headers were checked before.
type chunkReader struct {
	physical
	r          *io.SectionReader
	codec      format.CompressionCodec
	column     int
	maxRep     int
	maxDef     int
	dictionary []pq.Value

	packed, plain []byte // of the current page
}

// each hands every value to add, nulls too, with its levels. A value is valid during the call.
func (c *chunkReader) each(numValues int64, add func(pq.Value) error) error {
	for at := int64(0); at < c.r.Size(); {
		h, size, err := readPageHeader(c.r, at)
		if err != nil {
			return fmt.Errorf("cannot read a page header: %w", err)
		}
		at += size
		if err := c.load(&h, at); err != nil {
			return err
		}
		at += int64(h.CompressedPageSize)
		switch {
		case h.Type == format.DictionaryPage && h.DictionaryPageHeader.Valid:
			err = c.readDictionary(&h)
		case h.Type == format.DataPage && h.DataPageHeader.Valid:
			numValues -= int64(h.DataPageHeader.V.NumValues)
			err = c.readV1(&h, add)
		case h.Type == format.DataPageV2 && h.DataPageHeaderV2.Valid:
			numValues -= int64(h.DataPageHeaderV2.V.NumValues)
			err = c.readV2(&h, add)
		}
		if err != nil {
			return err
		}
	}
	if numValues != 0 {
		return fmt.Errorf("the pages have %d values less than the column", numValues)
	}
	return nil
}

// load reads the bytes of a page and compares its checksum, where it has one.
func (c *chunkReader) load(h *format.PageHeader, at int64) error {
	c.packed = slices.Grow(c.packed[:0], int(h.CompressedPageSize))[:h.CompressedPageSize]
	if n, err := c.r.ReadAt(c.packed, at); n < len(c.packed) {
		if err == nil || errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return err
	}
	if h.CRC != 0 && crc32.ChecksumIEEE(c.packed) != uint32(h.CRC) {
		return errors.New("a page's checksum does not match: the file is damaged")
	}
	return nil
}

// unpacked is src decompressed to n bytes.
func (c *chunkReader) unpacked(src []byte, n int) ([]byte, error) {
	if c.codec == format.Uncompressed {
		if len(src) != n {
			return nil, errPacked
		}
		return src, nil
	}
	c.plain = slices.Grow(c.plain[:0], n)[:n]
	return c.plain, unpack(c.codec, c.plain, src)
}

func (c *chunkReader) readDictionary(h *format.PageHeader) error {
	d := &h.DictionaryPageHeader.V
	if d.Encoding != format.Plain && d.Encoding != format.PlainDictionary { //nolint:staticcheck // deprecated for writers; files have it
		return fmt.Errorf("a dictionary in encoding %s is not supported", d.Encoding)
	}
	b, err := c.unpacked(c.packed, int(h.UncompressedPageSize))
	if err != nil {
		return err
	}
	n := int(d.NumValues)
	if n < 0 || (n > len(b) && c.kind != pq.Boolean) {
		return errEncoding
	}
	values, err := c.reader(format.Plain, slices.Clone(b), n, nil) // it lives as long as the chunk
	if err != nil {
		return err
	}
	c.dictionary = make([]pq.Value, n)
	for i := range n {
		if c.dictionary[i], err = values.next(); err != nil {
			return err
		}
	}
	return nil
}

// readV1 reads a data page whose levels are compressed together with its values.
func (c *chunkReader) readV1(h *format.PageHeader, add func(pq.Value) error) error {
	d := &h.DataPageHeader.V
	b, err := c.unpacked(c.packed, int(h.UncompressedPageSize))
	if err != nil {
		return err
	}
	levels := func(highest int, e format.Encoding) (levelReader, error) {
		l := newLevelReader(nil, highest, e == format.BitPacked)
		n := 0
		switch {
		case highest == 0:
			return l, nil
		case l.old:
			n = (int(d.NumValues)*l.width + 7) / 8
		default:
			if len(b) < 4 {
				return l, errEncoding
			}
			n = int(binary.LittleEndian.Uint32(b))
			b = b[4:]
		}
		if n < 0 || n > len(b) {
			return l, errEncoding
		}
		l.b, b = b[:n:n], b[n:]
		return l, nil
	}
	rep, err := levels(c.maxRep, d.RepetitionLevelEncoding)
	if err != nil {
		return err
	}
	def, err := levels(c.maxDef, d.DefinitionLevelEncoding)
	if err != nil {
		return err
	}
	_, err = c.values(rep, def, d.Encoding, b, int(d.NumValues), add)
	return err
}

// readV2 reads a data page whose levels stand before its values, as they are.
func (c *chunkReader) readV2(h *format.PageHeader, add func(pq.Value) error) error {
	d := &h.DataPageHeaderV2.V
	reps, defs := int(d.RepetitionLevelsByteLength), int(d.DefinitionLevelsByteLength)
	if reps < 0 || defs < 0 || reps > len(c.packed) || defs > len(c.packed)-reps || int64(reps)+int64(defs) > int64(h.UncompressedPageSize) {
		return errPacked
	}
	b := c.packed[reps+defs:]
	if !d.IsCompressed.Valid || d.IsCompressed.V {
		n := int(h.UncompressedPageSize) - reps - defs
		if n == 0 && c.codec != format.Uncompressed {
			b = nil // what a codec makes of nothing differs
		}
		if b != nil {
			var err error
			if b, err = c.unpacked(b, n); err != nil {
				return err
			}
		}
	}
	rep := newLevelReader(c.packed[:reps], c.maxRep, false)
	def := newLevelReader(c.packed[reps:reps+defs], c.maxDef, false)
	nulls, err := c.values(rep, def, d.Encoding, b, int(d.NumValues), add)
	if err == nil && nulls != int(d.NumNulls) {
		err = fmt.Errorf("a page claims %d nulls and has %d", d.NumNulls, nulls)
	}
	return err
}

// values joins n levels and the values that are there.
func (c *chunkReader) values(rep, def levelReader, e format.Encoding, b []byte, n int, add func(pq.Value) error) (nulls int, err error) {
	if n < 0 {
		return 0, errEncoding
	}
	var values valueReader // made when there is one: a page of nulls may have any encoding
	for range n {
		r, err := rep.next()
		if err != nil {
			return 0, err
		}
		d, err := def.next()
		if err != nil {
			return 0, err
		}
		var v pq.Value
		if d < c.maxDef {
			nulls++
		} else {
			if values == nil {
				if values, err = c.reader(e, b, n, c.dictionary); err != nil {
					return 0, err
				}
			}
			if v, err = values.next(); err != nil {
				return 0, err
			}
		}
		if err := add(v.Level(r, d, c.column)); err != nil {
			return 0, err
		}
	}
	return nulls, nil
}
