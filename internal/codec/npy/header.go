package npy

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Header is what comes before the values of an .npy file.
type Header struct {
	DType   DType
	Fortran bool // the first index runs fastest
	Shape   []int
}

const (
	magicText  = "\x93NUMPY"
	maxHeader  = 64 << 10 // numpy itself refuses headers above 10,000 characters
	maxDims    = 32       // numpy's own limit
	prefixSize = len(magicText) + 2
)

// ErrNotNPY is returned for bytes that do not start like an .npy file.
var ErrNotNPY = errors.New("not an .npy file")

// ReadHeader reads the header and describes how many bytes it took.
func ReadHeader(r io.Reader) (Header, int64, error) {
	var prefix [prefixSize + 4]byte
	if _, err := io.ReadFull(r, prefix[:prefixSize]); err != nil || string(prefix[:len(magicText)]) != magicText {
		return Header{}, 0, ErrNotNPY
	}
	width := 2 // of the header's length
	switch major := prefix[len(magicText)]; major {
	case 1:
	case 2, 3:
		width = 4
	default:
		return Header{}, 0, fmt.Errorf("unknown .npy version %d", major)
	}
	if _, err := io.ReadFull(r, prefix[prefixSize:prefixSize+width]); err != nil {
		return Header{}, 0, fmt.Errorf("cannot read the header: %w", noEOF(err))
	}
	length := int64(binary.LittleEndian.Uint16(prefix[prefixSize:]))
	if width == 4 {
		length = int64(binary.LittleEndian.Uint32(prefix[prefixSize:]))
	}
	if length > maxHeader {
		return Header{}, 0, fmt.Errorf("the header claims %d bytes; more than %d are refused", length, maxHeader)
	}
	text := make([]byte, length)
	if _, err := io.ReadFull(r, text); err != nil {
		return Header{}, 0, fmt.Errorf("cannot read the header: %w", noEOF(err))
	}
	h, err := ParseHeader(string(text))
	if err != nil {
		return Header{}, 0, fmt.Errorf("cannot read the header: %w", err)
	}
	return h, int64(prefixSize+width) + length, nil
}

// ParseHeader reads the header's text, a Python dict such as
// {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }.
func ParseHeader(text string) (Header, error) {
	p := literal{rest: text}
	var h Header
	var seen [3]bool
	if !p.take("{") {
		return h, errors.New("no dict")
	}
	for !p.take("}") {
		key, err := p.str()
		if err != nil {
			return h, err
		}
		if !p.take(":") {
			return h, fmt.Errorf("no colon after %q", key)
		}
		var which int
		switch key {
		case "descr":
			which = 0
			// A list of fields: it would be read as a string's fault otherwise.
			if strings.HasPrefix(p.rest, "[") {
				return h, errors.New("records (structured types) are not read")
			}
			var s string
			if s, err = p.str(); err == nil {
				h.DType, err = ParseDType(s)
			}
		case "fortran_order":
			which = 1
			switch {
			case p.take("True"):
				h.Fortran = true
			case p.take("False"):
			default:
				err = errors.New("fortran_order is neither True nor False")
			}
		case "shape":
			which = 2
			h.Shape, err = p.shape()
		default:
			err = fmt.Errorf("unknown key %q", key)
		}
		if err != nil {
			return h, err
		}
		if seen[which] {
			return h, fmt.Errorf("key %q twice", key)
		}
		seen[which] = true
		// NumPy ends the last entry with a comma, other writers do not.
		if !p.take(",") && !strings.HasPrefix(p.rest, "}") {
			return h, errors.New("the dict does not end")
		}
	}
	if p.rest != "" {
		return h, errors.New("text after the dict")
	}
	if seen != [3]bool{true, true, true} {
		return h, errors.New("descr, fortran_order or shape is missing")
	}
	// The product of the shape may overflow; whoever allocates by it can rely on it.
	_, err := Count(h.Shape)
	return h, err
}

// literal reads the few Python literals that a header is made of.
type literal struct{ rest string }

// take drops white space, then token if it comes next, then white space.
func (p *literal) take(token string) bool {
	p.rest = strings.TrimLeft(p.rest, " \t\n\x00")
	if !strings.HasPrefix(p.rest, token) {
		return false
	}
	p.rest = strings.TrimLeft(p.rest[len(token):], " \t\n\x00")
	return true
}

// str reads a quoted string without escapes.
func (p *literal) str() (string, error) {
	p.take("")
	if p.rest == "" || (p.rest[0] != '\'' && p.rest[0] != '"') {
		return "", errors.New("a string was expected")
	}
	end := strings.IndexByte(p.rest[1:], p.rest[0])
	if end < 0 {
		return "", errors.New("a string does not end")
	}
	s := p.rest[1 : 1+end]
	if strings.ContainsRune(s, '\\') {
		return "", errors.New("a string with an escape")
	}
	p.rest = p.rest[end+2:]
	p.take("")
	return s, nil
}

// shape reads a tuple of non-negative integers.
func (p *literal) shape() ([]int, error) {
	if !p.take("(") {
		return nil, errors.New("shape is no tuple")
	}
	shape := []int{}
	for !p.take(")") {
		end := 0
		for end < len(p.rest) && p.rest[end] >= '0' && p.rest[end] <= '9' {
			end++
		}
		n, err := strconv.Atoi(p.rest[:end])
		if err != nil {
			return nil, errors.New("shape holds something that is no length")
		}
		p.rest = strings.TrimPrefix(p.rest[end:], "L") // written by Python 2
		if shape = append(shape, n); len(shape) > maxDims {
			return nil, fmt.Errorf("shape has more than %d dimensions", maxDims)
		}
		if !p.take(",") && !strings.HasPrefix(p.rest, ")") {
			return nil, errors.New("shape does not end")
		}
	}
	return shape, nil
}

// noEOF turns the end of a file into the error that states it came too early.
func noEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
