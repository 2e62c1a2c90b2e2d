package parquet

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go/format"
)

var errPacked = errors.New("a page's compressed data are damaged")

// unpack decompresses src into dst, which has the length that the page's header claims. Anything
// shorter or longer is an error, so that no codec chooses how much memory it takes.
func unpack(codec format.CompressionCodec, dst, src []byte) error {
	switch codec {
	case format.Uncompressed:
		if len(src) != len(dst) {
			return errPacked
		}
		copy(dst, src)
		return nil
	case format.Snappy:
		return unpackSnappy(dst, src)
	case format.Gzip:
		z, err := gzip.NewReader(bytes.NewReader(src))
		if err != nil {
			return errPacked
		}
		return fill(dst, z)
	case format.Brotli:
		return fill(dst, brotli.NewReader(bytes.NewReader(src)))
	case format.Zstd:
		return unpackZstd(dst, src)
	case format.Lz4Raw:
		return unpackLZ4(dst, src)
	case format.Lz4:
		return unpackHadoop(dst, src)
	}
	return fmt.Errorf("compression %s is not supported: write the file with zstd or snappy", codec)
}

// fill reads exactly len(dst) bytes, behind which r must end.
func fill(dst []byte, r io.Reader) error {
	if _, err := io.ReadFull(r, dst); err != nil {
		return errPacked
	}
	var one [1]byte
	if n, err := io.ReadFull(r, one[:]); n != 0 || !errors.Is(err, io.EOF) {
		return errPacked
	}
	return nil
}

func unpackSnappy(dst, src []byte) error {
	if n, err := snappy.DecodedLen(src); err != nil || n != len(dst) {
		return errPacked
	}
	if _, err := snappy.Decode(dst, src); err != nil {
		return errPacked
	}
	return nil
}

var zstdReaders = sync.Pool{New: func() any {
	z, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(128<<20))
	if err != nil {
		panic(err) // the options are valid
	}
	return z
}}

func unpackZstd(dst, src []byte) error {
	z := zstdReaders.Get().(*zstd.Decoder)
	defer func() {
		_ = z.Reset(nil) // releases src
		zstdReaders.Put(z)
	}()
	if err := z.Reset(bytes.NewReader(src)); err != nil {
		return errPacked
	}
	return fill(dst, z)
}

// unpackLZ4 decodes a block of sequences (lz4_Block_format.md): a token, literals, and a match in
// what went before. The last sequence has literals alone.
func unpackLZ4(dst, src []byte) error {
	at := 0
	length := func(nibble byte) (int, bool) {
		n := int(nibble)
		// 15 goes on in further bytes, 255 each but for the last.
		for more := nibble == 15; more; {
			if len(src) == 0 || n > len(dst) {
				return 0, false
			}
			n, more = n+int(src[0]), src[0] == 255
			src = src[1:]
		}
		return n, true
	}
	for len(src) > 0 {
		token := src[0]
		src = src[1:]
		literals, ok := length(token >> 4)
		if !ok || literals > len(src) || literals > len(dst)-at {
			return errPacked
		}
		at += copy(dst[at:], src[:literals])
		// Literals end the block, where no offset follows.
		src = src[literals:]
		if len(src) == 0 {
			break
		}
		if len(src) < 2 {
			return errPacked
		}
		offset := int(binary.LittleEndian.Uint16(src))
		src = src[2:]
		match, ok := length(token & 15)
		// The shortest match is four bytes long.
		match += 4
		if !ok || offset == 0 || offset > at || match > len(dst)-at {
			return errPacked
		}
		for match > 0 { // a match may overlap what it writes
			n := copy(dst[at:at+match], dst[at-offset:at])
			at, match = at+n, match-n
		}
	}
	if at != len(dst) {
		return errPacked
	}
	return nil
}

// unpackHadoop decodes what old writers call LZ4: frames of Hadoop's, each the lengths of its
// content and of its block as big-endian numbers before it, or else a bare block, as Arrow before
// 0.15 wrote it.
func unpackHadoop(dst, src []byte) error {
	out, in := dst, src
	for len(in) >= 8 {
		whole, packed := binary.BigEndian.Uint32(in), binary.BigEndian.Uint32(in[4:])
		if uint64(whole) > uint64(len(out)) || uint64(packed) > uint64(len(in)-8) || unpackLZ4(out[:whole], in[8:8+packed]) != nil {
			break
		}
		out, in = out[whole:], in[8+packed:]
		if len(in) == 0 && len(out) == 0 {
			return nil
		}
	}
	return unpackLZ4(dst, src)
}
