package parquet

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	pq "github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// checkFooter refuses a file whose footer is not inside it, or claims what it does not hold.
func checkFooter(r io.ReaderAt, size int64) error {
	if size < 12 {
		return errors.New("not a parquet file")
	}
	var head [4]byte
	var tail [8]byte
	if _, err := r.ReadAt(head[:], 0); err != nil {
		return err
	}
	if _, err := r.ReadAt(tail[:], size-8); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if string(head[:]) != "PAR1" || string(tail[4:]) != "PAR1" {
		return errors.New("not a parquet file, or cut")
	}
	n := int64(binary.LittleEndian.Uint32(tail[:]))
	if n > size-12 {
		return fmt.Errorf("the footer claims %d of %d bytes", n, size)
	}
	return checkLists(r, size-8-n, n)
}

// checkPages walks the headers of all pages and refuses what the file cannot hold, so that the
// decoder never takes memory for a lie.
func checkPages(r io.ReaderAt, size int64, file *pq.File) error {
	meta := file.Metadata()
	maxValues := max(freeValues, size*valuesPerByte)
	unpacked := max(freeUnpacked, size*maxExpand)
	if meta.NumRows < 0 || meta.NumRows > maxValues {
		return fmt.Errorf("the file claims %d rows", meta.NumRows)
	}
	if n := countLeaves(file.Root()); n > maxColumns {
		return fmt.Errorf("the file has %d columns; more than %d are refused", n, maxColumns)
	}
	for _, group := range meta.RowGroups {
		if group.NumRows < 0 || group.NumRows > meta.NumRows {
			return fmt.Errorf("a row group claims %d rows", group.NumRows)
		}
		for _, chunk := range group.Columns {
			m := chunk.MetaData
			start := chunkStart(&m)
			if start < 0 || m.TotalCompressedSize < 0 || start > size || m.TotalCompressedSize > size-start {
				return errors.New("a column lies outside the file")
			}
			if m.NumValues < 0 || m.NumValues > maxValues {
				return fmt.Errorf("a column claims %d values", m.NumValues)
			}
			if m.Codec == format.LZO {
				return errors.New("compression LZO is not supported: write the file with zstd or snappy")
			}
			used, err := checkChunk(section(r, &m), m.NumValues, maxValues, unpacked)
			if err != nil {
				return err
			}
			unpacked -= used
		}
	}
	return nil
}

// chunkStart is where the first page of a column chunk is. Of a chunk without data pages the
// writer may have left their offset at 0.
func chunkStart(m *format.ColumnMetaData) int64 {
	if d := m.DictionaryPageOffset; d > 0 && (d < m.DataPageOffset || m.DataPageOffset == 0) {
		return d
	}
	return m.DataPageOffset
}

// section is the bytes of a column chunk.
func section(r io.ReaderAt, m *format.ColumnMetaData) *io.SectionReader {
	return io.NewSectionReader(r, chunkStart(m), m.TotalCompressedSize)
}

// checkChunk walks the page headers of one column chunk and yields how many bytes it unpacks to.
func checkChunk(chunk *io.SectionReader, numValues, maxValues, limit int64) (unpacked int64, err error) {
	var values int64
	for at := int64(0); at < chunk.Size(); {
		h, headSize, err := readPageHeader(chunk, at)
		if err != nil {
			return 0, fmt.Errorf("cannot read a page header: %w", err)
		}
		if h.CompressedPageSize < 0 || int64(h.CompressedPageSize) > chunk.Size()-at-headSize {
			return 0, fmt.Errorf("a page claims %d bytes where %d are left", h.CompressedPageSize, chunk.Size()-at-headSize)
		}
		if unpacked += int64(h.UncompressedPageSize); h.UncompressedPageSize < 0 || unpacked > limit {
			return 0, errors.New("the file would unpack to more than it may")
		}
		switch {
		case h.DataPageHeader.Valid:
			values += int64(h.DataPageHeader.V.NumValues)
		case h.DataPageHeaderV2.Valid:
			values += int64(h.DataPageHeaderV2.V.NumValues)
		case h.DictionaryPageHeader.Valid:
			// It may well have more values than the chunk, as that of a categorical has.
			if n := h.DictionaryPageHeader.V.NumValues; n > h.UncompressedPageSize || int64(n) > maxValues {
				return 0, fmt.Errorf("a dictionary claims %d values in %d bytes", n, h.UncompressedPageSize)
			}
		}
		if values > numValues {
			return 0, fmt.Errorf("pages of %d values where the column has %d", values, numValues)
		}
		at += headSize + int64(h.CompressedPageSize)
	}
	return unpacked, nil
}

// readPageHeader decodes the header at an offset and yields its length. Most take some 30 bytes;
// statistics of long texts can take more.
func readPageHeader(chunk *io.SectionReader, at int64) (h format.PageHeader, size int64, err error) {
	var protocol thrift.CompactProtocol
	for _, n := range []int64{4 << 10, 1 << 20} {
		head := make([]byte, min(n, chunk.Size()-at))
		if _, err := chunk.ReadAt(head, at); err != nil && !errors.Is(err, io.EOF) {
			return h, 0, err
		}
		h = format.PageHeader{}
		r := protocol.NewReaderFromBytes(head)
		if err = thrift.NewDecoder(r).Decode(&h); err == nil {
			return h, int64(r.BytesRead()), nil
		}
	}
	return h, 0, err
}

// countLeaves counts the columns of values.
func countLeaves(c *pq.Column) int {
	if c.Leaf() {
		return 1
	}
	n := 0
	for _, child := range c.Columns() {
		n += countLeaves(child)
	}
	return n
}
