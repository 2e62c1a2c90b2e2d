package imagefile

import (
	"errors"
	"regexp"
	"strconv"

	"github.com/fusor-ml/fusor/internal/vision"
)

// pnmStart is how a picture of Netpbm begins: PBM, PGM or PPM, as text or as bytes.
var pnmStart = regexp.MustCompile(`^P[1-6][ \t\r\n]+(?:#|[0-9]+[ \t\r\n])`)

// pnm reads the numbers of a picture of Netpbm, see netpbm.sourceforge.net/doc.
type pnm struct {
	data          []byte
	at            int
	kind          byte // '1' to '6'
	width, height int
	most          int // the largest value
}

// openPNM reads the header.
func openPNM(data []byte) (*pnm, error) {
	p := &pnm{data: data, at: 2, kind: data[1], most: 1}
	var err error
	if p.width, err = p.number(1 << 30); err != nil {
		return nil, err
	}
	if p.height, err = p.number(1 << 30); err != nil {
		return nil, err
	}
	if p.kind != '1' && p.kind != '4' {
		if p.most, err = p.number(65535); err != nil {
			return nil, err
		}
		if p.most == 0 {
			return nil, errors.New("the largest value of the picture is 0")
		}
	}
	p.at++ // one blank before bytes
	return p, nil
}

var errPNM = errors.New("a number in it is damaged")

// skip moves past blanks and comments.
func (p *pnm) skip() {
	for ; p.at < len(p.data); p.at++ {
		if c := p.data[p.at]; c == '#' {
			for p.at < len(p.data) && p.data[p.at] != '\n' && p.data[p.at] != '\r' {
				p.at++
			}
		} else if c > ' ' {
			break
		}
	}
}

// number reads a number of digits behind blanks and comments.
func (p *pnm) number(most int) (int, error) {
	p.skip()
	from := p.at
	for p.at < len(p.data) && p.data[p.at]-'0' <= 9 {
		p.at++
	}
	if from == len(p.data) {
		return 0, errTruncated
	}
	v, err := strconv.Atoi(string(p.data[from:p.at]))
	if err != nil || v > most {
		return 0, errPNM
	}
	return v, nil
}

// bit reads a 0 or 1 of text, between which there need be no blanks.
func (p *pnm) bit() (int, error) {
	p.skip()
	if p.at >= len(p.data) {
		return 0, errTruncated
	}
	v := int(p.data[p.at]) - '0'
	if p.at++; v != 0 && v != 1 {
		return 0, errPNM
	}
	return v, nil
}

// row reads the values of a row, of 0 to 255.
func (p *pnm) row(dst []uint8) error {
	size := 1
	if p.most > 255 {
		size = 2
	}
	switch p.kind {
	case '4': // packed, 1 is black
		n := (len(dst) + 7) / 8
		if p.at+n > len(p.data) {
			return errTruncated
		}
		for i := range dst {
			dst[i] = 255 * (1 - p.data[p.at+i/8]>>(7-i%8)&1)
		}
		p.at += n
		return nil
	case '5', '6':
		if p.at+size*len(dst) > len(p.data) {
			return errTruncated
		}
	}
	for i := range dst {
		var v int
		var err error
		switch p.kind {
		case '1':
			if v, err = p.bit(); err == nil {
				v = 1 - v
			}
		case '2', '3':
			v, err = p.number(65535)
		default:
			if v = int(p.data[p.at]); size == 2 {
				v = v<<8 | int(p.data[p.at+1])
			}
			p.at += size
		}
		if err != nil {
			return err
		}
		dst[i] = uint8((min(v, p.most)*255 + p.most/2) / p.most)
	}
	return nil
}

// decodePNM decodes the first picture of a file.
func decodePNM(data []byte, o Options) (*vision.Image, error) {
	p, err := openPNM(data)
	if err != nil {
		return nil, err
	}
	if err := checkSize(p.width, p.height, o.maxPixels()); err != nil {
		return nil, err
	}
	color := p.kind == '3' || p.kind == '6'
	s := newRowSink(p.width, p.height, p.width, p.height, o.MaxSide, !color)
	var rgb []uint8
	if color {
		rgb = make([]uint8, 3*p.width)
	}
	for range p.height {
		if err := o.stopped(); err != nil {
			return nil, err
		}
		y, r, g, b := s.next()
		if !color {
			err = p.row(y)
		} else if err = p.row(rgb); err == nil {
			for x := range y {
				r[x], g[x], b[x] = rgb[3*x], rgb[3*x+1], rgb[3*x+2]
			}
			lumaRow(y, r, g, b)
		}
		if err != nil {
			return nil, err
		}
		s.commit()
	}
	return s.image, nil
}
