// Package flat stores plain values one behind the other in a file with a checksum. A value is
// described once, by a function that visits its fields with a [Stream], and the same description
// writes and reads it:
//
//	func (p *point) flat(s *flat.Stream) { s.Int(&p.x); s.Floats(&p.values) }
//
// A file is a line that names its format, the values (little-endian, lists behind their length) and
// the SHA-256 of both. Reading takes no more memory than a small multiple of the file's size,
// whatever lengths it claims.
package flat

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// ErrDamaged reports a file that is cut, changed or of another format.
var ErrDamaged = errors.New("it is damaged, or of another format")

// Stream visits values, to write or to read them.
type Stream struct {
	reading bool
	b       []byte // written so far, or left to read
	err     error
}

// Encode returns the file of what visit visits.
func Encode(format string, visit func(*Stream)) []byte { return EncodeTo(nil, format, visit) }

// EncodeTo is Encode in the memory of room, as far as that reaches.
func EncodeTo(room []byte, format string, visit func(*Stream)) []byte {
	s := &Stream{b: append(append(room[:0], format...), '\n')}
	visit(s)
	sum := sha256.Sum256(s.b)
	return append(s.b, sum[:]...)
}

// Decode fills what visit visits from a file that Encode made; its error wraps [ErrDamaged]. What
// was visited before an error is no whole value.
func Decode(format string, data []byte, visit func(*Stream)) error {
	end := len(data) - sha256.Size
	if end < 0 {
		return ErrDamaged
	}
	if sum := sha256.Sum256(data[:end]); !bytes.Equal(sum[:], data[end:]) {
		return ErrDamaged
	}
	body, ok := bytes.CutPrefix(data[:end], []byte(format+"\n"))
	if !ok {
		return ErrDamaged
	}
	s := &Stream{reading: true, b: body}
	visit(s)
	if s.err == nil && len(s.b) > 0 {
		s.err = fmt.Errorf("%w: %d bytes are left over", ErrDamaged, len(s.b))
	}
	return s.err
}

// word visits 8 bytes.
func (s *Stream) word(v *uint64) {
	switch {
	case !s.reading:
		s.b = binary.LittleEndian.AppendUint64(s.b, *v)
	case s.err != nil || len(s.b) < 8:
		s.fail()
		*v = 0
	default:
		*v = binary.LittleEndian.Uint64(s.b)
		s.b = s.b[8:]
	}
}

// Reading reports whether values are read rather than written.
func (s *Stream) Reading() bool { return s.reading }

// Fail marks what is read as no value of its kind.
func (s *Stream) Fail() { s.fail() }

func (s *Stream) fail() {
	if s.err == nil {
		s.err = fmt.Errorf("%w: it is too short for what it holds", ErrDamaged)
	}
}

// length visits the length of a list whose elements take size bytes each at least.
func (s *Stream) length(n, size int) int {
	v := uint64(n)
	s.word(&v)
	if s.reading && v > uint64(len(s.b)/size) {
		s.fail()
		return 0
	}
	return int(v)
}

// Int visits an integer.
func (s *Stream) Int(v *int) {
	w := uint64(*v)
	if s.word(&w); s.reading {
		*v = int(w)
	}
}

// Float visits a number, infinities and NaN included.
func (s *Stream) Float(v *float64) {
	w := math.Float64bits(*v)
	if s.word(&w); s.reading {
		*v = math.Float64frombits(w)
	}
}

// Bool visits a truth value.
func (s *Stream) Bool(v *bool) {
	w := 0
	if *v {
		w = 1
	}
	s.Int(&w)
	*v = w == 1
	if w>>1 != 0 {
		s.fail()
	}
}

// Bytes visits bytes; none are read as nil, as by the lists below.
func (s *Stream) Bytes(v *[]byte) {
	n := s.length(len(*v), 1)
	if !s.reading {
		s.b = append(s.b, *v...)
		return
	}
	*v = nil
	if n > 0 {
		*v = bytes.Clone(s.b[:n])
		s.b = s.b[n:]
	}
}

// Text visits a string.
func (s *Stream) Text(v *string) {
	b := []byte(*v)
	if s.Bytes(&b); s.reading {
		*v = string(b)
	}
}

// Floats visits numbers.
func (s *Stream) Floats(v *[]float64) { list(s, v, 8, s.Float) }

// Ints visits integers.
func (s *Stream) Ints(v *[]int) { list(s, v, 8, s.Int) }

// Bools visits truth values.
func (s *Stream) Bools(v *[]bool) { list(s, v, 8, s.Bool) }

// Texts visits strings.
func (s *Stream) Texts(v *[]string) { list(s, v, 8, s.Text) }

// Floats32 visits numbers of 4 bytes.
func (s *Stream) Floats32(v *[]float32) {
	list(s, v, 4, func(x *float32) {
		switch {
		case !s.reading:
			s.b = binary.LittleEndian.AppendUint32(s.b, math.Float32bits(*x))
		case len(s.b) < 4:
			s.fail()
		default:
			*x = math.Float32frombits(binary.LittleEndian.Uint32(s.b))
			s.b = s.b[4:]
		}
	})
}

// List visits elements of any kind, each of which takes 8 bytes at least.
func List[T any](s *Stream, v *[]T, visit func(*T)) { list(s, v, 8, visit) }

func list[T any](s *Stream, v *[]T, size int, visit func(*T)) {
	n := s.length(len(*v), size)
	if s.reading {
		*v = nil
		if n > 0 {
			*v = make([]T, n)
		}
	}
	for i := range *v {
		if s.err != nil {
			return
		}
		visit(&(*v)[i])
	}
}
