package imagefile

import (
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/color"
	"io"
)

// The lengths and codes of the blocks of a GIF file (GIF89a, section 17 ff.).
const (
	gifHeader    = 13 // signature and logical screen descriptor
	gifExtension = 0x21
	gifControl   = 0xf9
	gifImage     = 0x2c
	gifTrailer   = 0x3b
)

// gifFrame is the first picture of a GIF file, not decoded yet.
type gifFrame struct {
	screen     image.Rectangle // large enough for the picture
	bounds     image.Rectangle // of the picture
	colors     []byte          // red, green, blue of each; none: shades of gray
	clear      int             // color that is transparent, −1 for none
	interlaced bool
	blocks     []byte // the width of the first codes, then blocks of codes
}

// openGIF finds the first picture. What other decoders pass over is passed over: extensions of any
// kind, zeros between blocks, a screen that is smaller than the picture.
func openGIF(data []byte) (*gifFrame, error) {
	if len(data) < gifHeader {
		return nil, io.ErrUnexpectedEOF
	}
	le := binary.LittleEndian
	f := &gifFrame{clear: -1, screen: image.Rect(0, 0, int(le.Uint16(data[6:])), int(le.Uint16(data[8:])))}
	var err error
	rest := data[gifHeader:]
	take := func(n int) []byte {
		if n > len(rest) {
			err, n = io.ErrUnexpectedEOF, len(rest)
		}
		b := rest[:n:n]
		rest = rest[n:]
		return b
	}
	table := func(packed byte) []byte {
		if packed&0x80 == 0 {
			return nil
		}
		return take(3 << (packed&7 + 1))
	}
	f.colors = table(data[10])
	for err == nil {
		code := take(1)
		if err != nil {
			break
		}
		switch code[0] {
		case 0:
		case gifTrailer:
			return nil, errors.New("the GIF file holds no picture")
		case gifExtension:
			label := take(1)
			for first := true; err == nil; first = false {
				n := take(1)
				if err != nil || n[0] == 0 {
					break
				}
				if b := take(int(n[0])); first && label[0] == gifControl && len(b) >= 4 {
					if f.clear = -1; b[0]&1 != 0 {
						f.clear = int(b[3])
					}
				}
			}
		case gifImage:
			d := take(9)
			if err != nil {
				break
			}
			x, y := int(le.Uint16(d)), int(le.Uint16(d[2:]))
			f.bounds = image.Rect(x, y, x+int(le.Uint16(d[4:])), y+int(le.Uint16(d[6:])))
			f.screen.Max.X, f.screen.Max.Y = max(f.screen.Max.X, f.bounds.Max.X), max(f.screen.Max.Y, f.bounds.Max.Y)
			f.interlaced = d[8]&0x40 != 0
			if own := table(d[8]); own != nil {
				f.colors = own
			}
			f.blocks = rest
			return f, err
		default:
			return nil, fmt.Errorf("a block of the unknown kind %#02x", code[0])
		}
	}
	return nil, err
}

// palette is the colors of the indices, the transparent one with its color.
func (f *gifFrame) palette() color.Palette {
	p := make(color.Palette, 256)
	for i := range p {
		c := color.NRGBA{A: 255}
		switch at := 3 * i; {
		case f.colors == nil:
			c.R, c.G, c.B = uint8(i), uint8(i), uint8(i)
		case at+3 <= len(f.colors):
			c.R, c.G, c.B = f.colors[at], f.colors[at+1], f.colors[at+2]
		}
		if i == f.clear {
			c.A = 0
		}
		p[i] = c
	}
	return p
}

// decode decodes the picture; its size was checked before.
func (f *gifFrame) decode(o *Options) (*image.Paletted, error) {
	if err := o.stopped(); err != nil {
		return nil, err
	}
	m := image.NewPaletted(f.bounds, f.palette())
	if err := gifPixels(m.Pix, f.blocks, o); err != nil {
		return nil, err
	}
	if f.interlaced {
		w, rows := f.bounds.Dx(), append([]uint8(nil), m.Pix...)
		for _, pass := range [][2]int{{0, 8}, {4, 8}, {2, 4}, {1, 2}} {
			for y := pass[0]; y < f.bounds.Dy(); y += pass[1] {
				copy(m.Pix[y*w:(y+1)*w], rows)
				rows = rows[w:]
			}
		}
	}
	return m, nil
}

// gifPixels decodes blocks of codes of variable length (GIF89a, appendix F) into dst. Codes behind
// the last pixel are not looked at.
func gifPixels(dst []uint8, blocks []byte, o *Options) error {
	if len(blocks) == 0 {
		return io.ErrUnexpectedEOF
	}
	width := uint(blocks[0])
	if width < 1 || width > 8 {
		return fmt.Errorf("codes of %d bits", width)
	}
	blocks = blocks[1:]
	clearCode, end := 1<<width, 1<<width+1
	var prefix [4096]uint16
	var suffix, stack [4096]uint8
	for i := range clearCode {
		suffix[i] = uint8(i)
	}
	next, bits, last, first := end+1, width+1, -1, uint8(0)
	var block []byte
	acc, held := uint32(0), uint(0)
	for n, codes := 0, 0; n < len(dst); codes++ {
		if codes%(1<<14) == 0 {
			if err := o.stopped(); err != nil {
				return err
			}
		}
		for held < bits {
			if len(block) == 0 {
				if len(blocks) == 0 || blocks[0] == 0 {
					return io.ErrUnexpectedEOF
				}
				size := min(int(blocks[0]), len(blocks)-1)
				block, blocks = blocks[1:1+size], blocks[1+size:]
				if size == 0 {
					return io.ErrUnexpectedEOF
				}
			}
			acc |= uint32(block[0]) << held
			block, held = block[1:], held+8
		}
		code := int(acc & (1<<bits - 1))
		acc, held = acc>>bits, held-bits
		switch {
		case code == clearCode:
			next, bits, last = end+1, width+1, -1
			continue
		case code == end:
			return io.ErrUnexpectedEOF
		case code > next || code == next && last < 0 || last < 0 && code > end:
			return errors.New("a code that stands for nothing")
		}
		at, c := len(stack), code
		if code == next { // the string before, and its first pixel again
			at--
			stack[at], c = first, last
		}
		for c > end {
			at--
			stack[at], c = suffix[c], int(prefix[c])
		}
		first = suffix[c]
		at--
		stack[at] = first
		n += copy(dst[n:], stack[at:])
		if last >= 0 && next < len(prefix) {
			prefix[next], suffix[next] = uint16(last), first
			if next++; next == 1<<bits && bits < 12 {
				bits++
			}
		}
		last = code
	}
	return nil
}

// DecodeGIF decodes the first picture of a GIF file, with its place on the screen.
func DecodeGIF(data []byte, o Options) (*image.Paletted, error) {
	f, err := openGIF(data)
	if err != nil {
		return nil, err
	}
	if err := o.CheckSize(f.bounds.Dx(), f.bounds.Dy()); err != nil {
		return nil, err
	}
	return f.decode(&o)
}
