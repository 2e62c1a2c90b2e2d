package media

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"io"

	"github.com/fusor-ml/fusor/internal/codec/imagefile"
)

// gifScanner walks over the blocks of a GIF file (GIF89a, section 17 ff.) and
// cuts it into pictures, without decoding them.
type gifScanner struct {
	width, height int
	head          []byte // up to the first block: what a file of any one picture begins with
	rest          []byte
	file          []byte // memory of the file that the last picture became
}

// gifBlock is one picture of an animation.
type gifBlock struct {
	width, height int
	delay         int  // hundredths of a second
	disposal      byte // what becomes of it before the next: gif.DisposalNone, …
	file          []byte
}

// The lengths and codes of the format's blocks.
const (
	gifHeader    = 13 // signature and logical screen descriptor
	gifImage     = 0x2c
	gifExtension = 0x21
	gifTrailer   = 0x3b
	gifControl   = 0xf9 // labels of extensions
	gifPlainText = 0x01
	gifApp       = 0xff
)

func openGIF(data []byte) (*gifScanner, error) {
	if len(data) < gifHeader {
		return nil, io.ErrUnexpectedEOF
	}
	n := gifHeader + gifTable(data[10])
	if len(data) < n {
		return nil, io.ErrUnexpectedEOF
	}
	le := binary.LittleEndian
	return &gifScanner{width: int(le.Uint16(data[6:])), height: int(le.Uint16(data[8:])), head: data[:n:n], rest: data[n:]}, nil
}

// gifTable is the length of the color table that a packed field reports.
func gifTable(packed byte) int {
	if packed&0x80 == 0 {
		return 0
	}
	return 3 << (packed&7 + 1)
}

// next returns the next picture, valid until the next call; io.EOF after the
// last, and io.ErrUnexpectedEOF where the file is cut off.
func (s *gifScanner) next() (gifBlock, error) {
	var b gifBlock
	var control []byte
	for {
		code, err := s.take(1)
		if err != nil {
			return b, err
		}
		switch code[0] {
		case gifTrailer:
			return b, io.EOF
		case gifExtension:
			c, err := s.extension()
			if err != nil {
				return b, err
			}
			if len(c) > 0 {
				control = c
			}
		case gifImage:
			body, err := s.image()
			if err != nil {
				return b, err
			}
			b.width, b.height = int(binary.LittleEndian.Uint16(body[4:])), int(binary.LittleEndian.Uint16(body[6:]))
			s.file = append(s.file[:0], s.head...)
			if len(control) == 4 {
				b.disposal, b.delay = control[0]>>2&7, int(binary.LittleEndian.Uint16(control[1:]))
				s.file = append(append(append(s.file, gifExtension, gifControl, 4), control...), 0)
			}
			s.file = append(append(append(s.file, gifImage), body...), gifTrailer)
			b.file = s.file
			return b, nil
		default:
			return b, fmt.Errorf("a block of the unknown kind %#02x", code[0])
		}
	}
}

// extension passes over an extension, and returns the four bytes of a graphic control.
func (s *gifScanner) extension() (control []byte, err error) {
	label, err := s.take(1)
	if err != nil {
		return nil, err
	}
	switch label[0] {
	case gifControl:
		c, err := s.take(6)
		if err != nil {
			return nil, err
		}
		if c[0] != 4 || c[5] != 0 {
			return nil, errors.New("a damaged graphic control")
		}
		return c[1:5], nil
	// The first part of these two has a fixed length, and counts whatever its size states.
	case gifPlainText:
		_, err = s.take(13)
	case gifApp:
		var n []byte
		if n, err = s.take(1); err == nil {
			_, err = s.take(int(n[0]))
		}
	}
	if err != nil {
		return nil, err
	}
	return nil, s.skipBlocks()
}

// image takes a picture's descriptor, without its code, its color table and its data.
func (s *gifScanner) image() ([]byte, error) {
	start := s.rest
	d, err := s.take(9)
	if err != nil {
		return nil, err
	}
	if _, err := s.take(gifTable(d[8]) + 1); err != nil { // the table, and the width of the first codes
		return nil, err
	}
	if err := s.skipBlocks(); err != nil {
		return nil, err
	}
	return start[:len(start)-len(s.rest)], nil
}

// skipBlocks passes over data sub-blocks and the empty one that ends them.
func (s *gifScanner) skipBlocks() error {
	for {
		n, err := s.take(1)
		if err != nil || n[0] == 0 {
			return err
		}
		if _, err := s.take(int(n[0])); err != nil {
			return err
		}
	}
}

func (s *gifScanner) take(n int) ([]byte, error) {
	if len(s.rest) < n {
		return nil, io.ErrUnexpectedEOF
	}
	b := s.rest[:n:n]
	s.rest = s.rest[n:]
	return b, nil
}

// decode decodes the part of the picture that is on a screen of that size.
func (b *gifBlock) decode(ctx context.Context, screen image.Rectangle) (*image.Paletted, error) {
	m, err := imagefile.DecodeGIF(b.file, imagefile.Options{Context: ctx})
	if err != nil || m.Rect.In(screen) {
		return m, err
	}
	return m.SubImage(screen).(*image.Paletted), nil
}
