package imagefile

import (
	"bytes"
	"compress/zlib"
	"errors"
	"io"
	"math/bits"

	"github.com/klauspost/compress/zstd"
)

// Values of the tag Compression.
const (
	packNone     = 1
	packRLE      = 2
	packGroup3   = 3
	packGroup4   = 4
	packLZW      = 5
	packOldJPEG  = 6
	packJPEG     = 7
	packDeflate  = 8
	packRLEW     = 32771
	packBits     = 32773
	packDeflate2 = 32946
	packZstd     = 50000
)

// unpackSegment returns the rows of strip or tile i. What it returns is valid until the next call.
func (d *tiffDecoder) unpackSegment(i, rows int) ([]byte, error) {
	src, err := d.packed(i)
	if err != nil {
		return nil, err
	}
	// Least significant bit first, as fax modems sent it. JPEG has bytes of its own order.
	if d.first(tagFillOrder, 1) == 2 && d.compression != packJPEG {
		src = bytes.Clone(src)
		for k, v := range src {
			src[k] = bits.Reverse8(v)
		}
	}
	need := d.rowBytes() * rows
	// A row of units holds vs rows of pixels.
	if d.hs*d.vs > 1 {
		need = d.rowBytes() * ((rows + d.vs - 1) / d.vs)
	}
	switch d.compression {
	case packNone:
		if len(src) < need {
			return nil, errTruncated
		}
		if d.predictor == 1 {
			return src[:need], nil
		}
		d.buffer = append(d.buffer[:0], src[:need]...)
	case packJPEG:
		return d.unpackJPEG(src, rows)
	case packRLE, packRLEW, packGroup3, packGroup4:
		// T.4 and T.6 code black and white alone.
		if d.bits != 1 || d.inSegment() != 1 {
			return nil, errors.New("a fax-coded TIFF of more than one bit")
		}
		if d.buffer, err = unpackFax(d.buffer[:0], src, d.compression, d.first(tagT4Options, 0), d.segWidth, rows); err != nil {
			return nil, err
		}
	case packLZW:
		d.buffer, err = unpackLZW(d.buffer[:0], src, need)
	// Without an error: a short one is found below, by its length.
	case packBits:
		d.buffer = unpackBits(d.buffer[:0], src, need)
	case packDeflate, packDeflate2:
		var z io.ReadCloser
		if z, err = zlib.NewReader(bytes.NewReader(src)); err == nil {
			d.buffer, err = readUpTo(d.buffer[:0], z, need)
		}
	case packZstd:
		var z *zstd.Decoder
		// The window is allocated on the file's word.
		if z, err = zstd.NewReader(bytes.NewReader(src), zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(64<<20)); err == nil {
			d.buffer, err = readUpTo(d.buffer[:0], z, need)
			z.Close()
		}
	case packOldJPEG:
		return nil, unsupported("TIFF of the old kind of JPEG compression")
	default:
		return nil, unsupported("TIFF compression %d", d.compression)
	}
	if err != nil {
		return nil, err
	}
	if len(d.buffer) < need {
		return nil, errTruncated
	}
	return d.undoPredictor(d.buffer[:need], rows)
}

// readUpTo appends n bytes of r to dst, fewer where it ends; memory is taken as they come.
func readUpTo(dst []byte, r io.Reader, n int) ([]byte, error) {
	b := bytes.NewBuffer(dst)
	_, err := io.CopyN(b, r, int64(n))
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, errTruncated
	}
	return b.Bytes(), err
}

// unpackBits decodes PackBits (TIFF 6.0, section 9).
func unpackBits(dst, src []byte, need int) []byte {
	for len(src) > 1 && len(dst) < need {
		n := int(int8(src[0]))
		src = src[1:]
		switch {
		case n >= 0:
			n = min(n+1, len(src))
			dst, src = append(dst, src[:n]...), src[n:]
		case n != -128:
			for range 1 - n {
				dst = append(dst, src[0])
			}
			src = src[1:]
		}
	}
	return dst
}

// unpackLZW decodes TIFF's LZW (TIFF 6.0, section 13): codes of 9 to 12 bits, most significant
// first, that grow one code early; or those of writers before TIFF 5.0, least significant first,
// which grow when they must.
func unpackLZW(dst, src []byte, need int) ([]byte, error) {
	const clear, end, first = 256, 257, 258
	// Clear is 256: bits 1 0000 0000 are the bytes 80 and up with the most significant bit first, 00
	// 01 with the least.
	old := len(src) > 1 && src[0] == 0 && src[1]&1 != 0 // the first code is clear, in either order
	early := 1
	if old {
		early = 0
	}
	// A code's text always lies somewhere in dst already: no table of strings is kept.
	var start, length [4096]int32 // of each code's text in dst
	base := len(dst)
	next, width := first, 9
	last := -1
	var lastStart, lastLen int
	var acc uint32
	n := 0
	for len(dst)-base < need {
		for n < width {
			// Many writers leave the end code out; the caller finds data that are too short.
			if len(src) == 0 {
				return dst, nil
			}
			if old {
				acc |= uint32(src[0]) << n
			} else {
				acc = acc<<8 | uint32(src[0])
			}
			src = src[1:]
			n += 8
		}
		var code int
		if old {
			code = int(acc & (1<<width - 1))
			acc >>= width
		} else {
			code = int(acc >> (n - width) & (1<<width - 1))
		}
		n -= width
		switch {
		case code == clear:
			next, width, last = first, 9, -1
			continue
		case code == end:
			return dst, nil
		}
		at := len(dst)
		switch {
		case code < 256:
			dst = append(dst, byte(code))
		case code < next && code >= first:
			dst = append(dst, dst[start[code]:start[code]+length[code]]...)
		case code == next && last >= 0: // the text before, and its first byte again
			dst = append(dst, dst[lastStart:lastStart+lastLen]...)
			dst = append(dst, dst[lastStart])
		default:
			return nil, errors.New("damaged LZW data")
		}
		if last >= 0 && next < 4096 {
			start[next], length[next] = int32(lastStart), int32(lastLen+1) // it and what follows stand together
			next++
		}
		// TIFF's encoders widen one code too soon, which has become the format.
		if next+early >= 1<<width && width < 12 {
			width++
		}
		last, lastStart, lastLen = code, at, len(dst)-at
	}
	return dst, nil
}

// undoPredictor adds up differences: 2 of neighboring samples, 3 of the bytes of floats, whose
// most significant ones of a row stand first (Adobe Photoshop TIFF technical note 3).
func (d *tiffDecoder) undoPredictor(p []byte, rows int) ([]byte, error) {
	if d.predictor == 1 || d.compression >= packRLE && d.compression <= packGroup4 {
		return p, nil
	}
	step, size := d.inSegment(), d.bits/8
	if d.bits%8 != 0 || size == 0 || size == 3 && d.predictor == 3 || d.predictor > 3 {
		return nil, unsupported("TIFF with predictor %d of %d bits", d.predictor, d.bits)
	}
	n := d.rowBytes()
	for r := range rows {
		row := p[r*n : (r+1)*n]
		if d.predictor == 3 {
			d.undoFloat(row, step, size)
			continue
		}
		switch size {
		case 1:
			for i := step; i < n; i++ {
				row[i] += row[i-step]
			}
		case 2:
			for i := 2 * step; i+2 <= n; i += 2 {
				d.order.PutUint16(row[i:], d.order.Uint16(row[i:])+d.order.Uint16(row[i-2*step:]))
			}
		case 4:
			for i := 4 * step; i+4 <= n; i += 4 {
				d.order.PutUint32(row[i:], d.order.Uint32(row[i:])+d.order.Uint32(row[i-4*step:]))
			}
		case 8:
			for i := 8 * step; i+8 <= n; i += 8 {
				d.order.PutUint64(row[i:], d.order.Uint64(row[i:])+d.order.Uint64(row[i-8*step:]))
			}
		default:
			return nil, unsupported("TIFF with predictor %d of %d bits", d.predictor, d.bits)
		}
	}
	return p, nil
}

func (d *tiffDecoder) undoFloat(row []byte, step, size int) {
	for i := step; i < len(row); i++ {
		row[i] += row[i-step]
	}
	d.previous = append(d.previous[:0], row...)
	count := len(row) / size
	little := d.order.Uint16([]byte{1, 0}) == 1
	for i := range count {
		for k := range size {
			to := k
			if little {
				to = size - 1 - k
			}
			row[i*size+to] = d.previous[k*count+i]
		}
	}
}
