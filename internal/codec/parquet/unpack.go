package parquet

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/parquet-go/parquet-go/format"
)

var errPacked = errors.New("a page's compressed data are damaged")

// checkPage refuses a page that would unpack to more than the claimed bytes: the
// decoder takes what comes, and asks for more memory without end where LZ4 data
// are damaged. Brotli and most of Zstandard cannot be looked at without unpacking.
func checkPage(codec format.CompressionCodec, h *format.PageHeader, data []byte) error {
	claimed := int64(h.UncompressedPageSize)
	if h.Type == format.DataPageV2 && h.DataPageHeaderV2.Valid { // its levels stand before, as they are
		v := &h.DataPageHeaderV2.V
		levels := int64(v.RepetitionLevelsByteLength) + int64(v.DefinitionLevelsByteLength)
		if v.RepetitionLevelsByteLength < 0 || v.DefinitionLevelsByteLength < 0 || levels > int64(len(data)) || levels > claimed {
			return errPacked
		}
		if v.IsCompressed.Valid && !v.IsCompressed.V {
			return nil
		}
		data, claimed = data[levels:], claimed-levels
	}
	if len(data) == 0 {
		return nil
	}
	var n int64
	var err error
	switch codec {
	case format.Snappy:
		n, err = snappySize(data)
	case format.Lz4Raw:
		n, err = lz4Size(data)
	case format.Gzip:
		n, err = gzipSize(data, claimed+1)
	}
	if err == nil && n > claimed {
		err = fmt.Errorf("a page unpacks to more than the %d bytes it claims", claimed)
	}
	return err
}

// snappySize is the length at the start of a block.
func snappySize(b []byte) (int64, error) {
	n, k := binary.Uvarint(b)
	if k <= 0 || n > 1<<31 {
		return 0, errPacked
	}
	return int64(n), nil
}

// gzipSize unpacks up to limit bytes.
func gzipSize(b []byte, limit int64) (int64, error) {
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		return 0, errPacked
	}
	n, err := io.Copy(io.Discard, io.LimitReader(z, limit))
	if err != nil {
		return 0, errPacked
	}
	return n, nil
}

// lz4Size walks the sequences of an LZ4 block (lz4_Block_format.md): a token,
// literals, and a match in what went before. A block ends with literals.
func lz4Size(b []byte) (n int64, err error) {
	length := func(nibble byte) int64 {
		l := int64(nibble)
		for more := nibble == 15; more; {
			if len(b) == 0 {
				return 1 << 40
			}
			l, more = l+int64(b[0]), b[0] == 255
			b = b[1:]
		}
		return l
	}
	for len(b) > 0 {
		token := b[0]
		b = b[1:]
		literals := length(token >> 4)
		if literals > int64(len(b)) {
			return 0, errPacked
		}
		b, n = b[literals:], n+literals
		if len(b) == 0 {
			return n, nil
		}
		if len(b) < 2 {
			return 0, errPacked
		}
		offset := int64(binary.LittleEndian.Uint16(b))
		b = b[2:]
		if offset == 0 || offset > n {
			return 0, errPacked
		}
		n += length(token&15) + 4
	}
	return 0, errPacked
}
