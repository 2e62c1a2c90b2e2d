package imagefile

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/adler32"
	"hash/crc32"
	"image"
	"image/png"
	"io"
	"slices"
	"sync"

	"github.com/klauspost/compress/zlib"
)

const pngSignature = "\x89PNG\r\n\x1a\n"

// pngFile is what of a PNG is needed for its still picture.
type pngFile struct {
	header        []byte // payload of IHDR
	width, height int64
	palette       []byte
	transparent   []byte
	pixels        []io.Reader // payloads of IDAT, one after the other
	ended         bool
}

// openPNG reads the chunks (PNG third edition, section 5) as libpng does: a wrong checksum is an
// error in a chunk without which there is no picture, and makes any other be left out; what is
// behind the picture does not matter. With headOnly it stops behind the header.
func openPNG(data []byte, headOnly bool) (*pngFile, error) {
	be := binary.BigEndian
	f := &pngFile{}
	at := len(pngSignature)
	for at < len(data) && !f.ended {
		// Length, name and checksum; fewer bytes are no chunk.
		if len(data)-at < 12 {
			break
		}
		n := int64(be.Uint32(data[at:]))
		name := string(data[at+4 : at+8])
		// Compared as int64: n is any 32-bit number, also where int has 32 bits.
		if n > int64(len(data)-at-12) {
			if len(f.pixels) > 0 && name[0]&0x20 != 0 { // a note behind the picture is cut off
				break
			}
			return nil, errTruncated
		}
		end := at + 8 + int(n)
		payload := data[at+8 : end]
		// The checksum covers name and payload, not the length.
		sound := crc32.ChecksumIEEE(data[at+4:end]) == be.Uint32(data[end:])
		at = end + 4
		if !sound {
			// Bit 5 of the first letter: ancillary (section 5.4).
			if name[0]&0x20 == 0 {
				return nil, errors.New("a chunk's checksum does not match: the file is damaged")
			}
			continue
		}
		// Xcode's variant for iOS: pixels without zlib's header, in BGRA.
		if name == "CgBI" {
			return nil, unsupported("PNG in Apple's own variant")
		}
		if f.header == nil && name != "IHDR" {
			return nil, errors.New("the file does not begin with its header")
		}
		switch name {
		case "IHDR":
			if f.header != nil || n != 13 {
				return nil, errors.New("the header is damaged")
			}
			f.header = payload
			f.width, f.height = int64(be.Uint32(payload)), int64(be.Uint32(payload[4:]))
			if headOnly {
				return f, nil
			}
		case "PLTE":
			// The first one, and not behind pixels, whose meaning it would change.
			if f.palette == nil && len(f.pixels) == 0 {
				f.palette = payload
			}
		case "tRNS":
			if len(f.pixels) == 0 {
				f.transparent = payload
			}
		case "IDAT":
			f.pixels = append(f.pixels, bytes.NewReader(payload))
		case "IEND":
			f.ended = true
		}
	}
	if len(f.pixels) == 0 {
		return nil, errTruncated
	}
	return f, nil
}

// samples is how many samples a pixel has, by the color type of the header.
func (f *pngFile) samples() int64 {
	switch f.header[9] {
	case 2:
		return 3
	case 4:
		return 2
	case 6:
		return 4
	}
	return 1
}

// unpackedSize is how many bytes the filtered rows take, of all passes where they are interlaced.
func (f *pngFile) unpackedSize() int64 {
	bits := f.samples() * int64(f.header[8])
	pass := func(w, h int64) int64 {
		if w <= 0 || h <= 0 {
			return 0
		}
		return h * (1 + (w*bits+7)/8)
	}
	if f.header[12] == 0 {
		return pass(f.width, f.height)
	}
	n := int64(0)
	for _, p := range [7][4]int64{{8, 8, 0, 0}, {8, 8, 4, 0}, {4, 8, 0, 4}, {4, 4, 2, 0}, {2, 4, 0, 2}, {2, 2, 1, 0}, {1, 2, 0, 1}} {
		n += pass((f.width-p[2]+p[0]-1)/p[0], (f.height-p[3]+p[1]-1)/p[1])
	}
	return n
}

// storedBlock is the most that a stored block of Deflate holds (RFC 1951, section 3.2.4).
const storedBlock = 1<<16 - 1

// inflaters are readers of pixel data, each with a window of 32 KB.
var inflaters sync.Pool

// clean is the picture as a file of its header, its colors and exactly the pixel data that it
// needs, stored: the library refuses surplus ones, and files that lack their end.
func (f *pngFile) clean(o *Options) ([]byte, error) {
	size := 0
	for _, r := range f.pixels {
		size += r.(*bytes.Reader).Len()
	}
	packed := io.MultiReader(f.pixels...)
	// Resetting a reader costs nothing; a new one allocates its window.
	z, pooled := inflaters.Get().(io.ReadCloser)
	var err error
	if pooled {
		err = z.(zlib.Resetter).Reset(packed, nil)
	} else {
		z, err = zlib.NewReader(packed)
	}
	if err != nil {
		return nil, noEOF(err)
	}
	defer inflaters.Put(z)
	need := f.unpackedSize()
	expected := min(need, 1032*int64(size)) // more cannot come of it: 258 bytes of 2 bits
	const around = 12 + 5                   // a chunk's length, name and checksum, and the head of a stored block
	out := make([]byte, 0, len(pngSignature)+128+len(f.palette)+len(f.transparent)+int(expected+(expected/storedBlock+1)*around))
	out = append(out, pngSignature...)
	begin := func(name string) int {
		out = append(append(out, 0, 0, 0, 0), name...)
		return len(out)
	}
	end := func(start int) {
		binary.BigEndian.PutUint32(out[start-8:], uint32(len(out)-start))
		out = binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(out[start-4:]))
	}
	chunk := func(name string, payload []byte) {
		start := begin(name)
		out = append(out, payload...)
		end(start)
	}
	chunk("IHDR", f.header)
	// The library refuses a palette or a transparency that does not suit the color type.
	color := f.header[9]
	if color == 3 || color == 2 && len(f.palette)%3 == 0 && len(f.palette) <= 768 && len(f.palette) > 0 {
		chunk("PLTE", f.palette)
	}
	n := len(f.transparent)
	if color == 0 && n == 2 || color == 2 && n == 6 || color == 3 && n > 0 && n <= len(f.palette)/3 {
		chunk("tRNS", f.transparent)
	}
	sum := adler32.New()
	for first := true; need > 0; first = false {
		if err := o.stopped(); err != nil {
			return nil, err
		}
		// Stored, not packed again: the pixels are unpacked once more by the library only.
		start := begin("IDAT")
		if first {
			out = append(out, 0x78, 1) // zlib's head
		}
		n := uint16(min(need, storedBlock))
		need -= int64(n)
		last := byte(0)
		if need == 0 {
			last = 1
		}
		out = append(out, last, byte(n), byte(n>>8), byte(^n), byte(^n>>8))
		out = slices.Grow(out, int(n))
		part := out[len(out) : len(out)+int(n)]
		if _, err := io.ReadFull(z, part); err != nil {
			return nil, noEOF(err)
		}
		sum.Write(part)
		out = out[:len(out)+int(n)]
		if last == 1 {
			out = sum.Sum(out)
		}
		end(start)
	}
	chunk("IEND", nil)
	return out, nil
}

// noEOF turns the end of pixel data into what it means: the file is cut.
func noEOF(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errTruncated
	}
	return err
}

// decodePNG decodes a picture whose size was checked.
func decodePNG(data []byte, o *Options) (image.Image, error) {
	f, err := openPNG(data, false)
	if err != nil {
		return nil, err
	}
	clean, err := f.clean(o)
	if err != nil {
		return nil, err
	}
	return png.Decode(&stoppable{Reader: bytes.NewReader(clean), options: o})
}
