package onnx

import (
	"encoding/binary"
	"errors"
	"math"
)

// Wire types of the protobuf encoding (protobuf.dev/programming-guides/encoding).
const (
	wireVarint  = 0
	wireFixed64 = 1
	wireBytes   = 2
	wireFixed32 = 5
)

var errWire = errors.New("the protobuf encoding is damaged")

// field is one field of a message.
type field struct {
	num  int
	wire int
	x    uint64 // varint, fixed32 or fixed64
	b    []byte // length-delimited; part of the file
}

// message is the undecoded rest of a message.
type message []byte

// next takes the first field off the message.
func (m *message) next() (field, error) {
	key, err := m.varint()
	if err != nil {
		return field{}, err
	}
	f := field{wire: int(key & 7)}
	if key>>3 == 0 || key>>3 > 1<<29-1 {
		return f, errWire
	}
	f.num = int(key >> 3)
	switch f.wire {
	case wireVarint:
		f.x, err = m.varint()
	case wireFixed32:
		if len(*m) < 4 {
			return f, errWire
		}
		f.x = uint64(binary.LittleEndian.Uint32(*m))
		*m = (*m)[4:]
	case wireFixed64:
		if len(*m) < 8 {
			return f, errWire
		}
		f.x = binary.LittleEndian.Uint64(*m)
		*m = (*m)[8:]
	case wireBytes:
		var n uint64
		if n, err = m.varint(); err != nil {
			return f, err
		}
		if n > uint64(len(*m)) {
			return f, errWire
		}
		f.b, *m = (*m)[:n:n], (*m)[n:]
	default:
		return f, errWire // groups are not used by ONNX
	}
	return f, err
}

func (m *message) varint() (uint64, error) {
	x, n := binary.Uvarint(*m)
	if n <= 0 {
		return 0, errWire
	}
	*m = (*m)[n:]
	return x, nil
}

// each calls f with every field of b.
func each(b []byte, f func(field) error) error {
	m := message(b)
	for len(m) > 0 {
		x, err := m.next()
		if err != nil {
			return err
		}
		if err := f(x); err != nil {
			return err
		}
	}
	return nil
}

// text returns the content of a string field.
func (f field) text() (string, error) {
	if f.wire != wireBytes {
		return "", errWire
	}
	return string(f.b), nil
}

// bytes returns the content of a message or bytes field.
func (f field) bytes() ([]byte, error) {
	if f.wire != wireBytes {
		return nil, errWire
	}
	return f.b, nil
}

// int returns a varint field as a signed number.
func (f field) int() (int64, error) {
	if f.wire != wireVarint {
		return 0, errWire
	}
	return int64(f.x), nil
}

// ints appends the values of a repeated varint field, packed or not.
func (f field) ints(to []int64) ([]int64, error) {
	switch f.wire {
	case wireVarint:
		return append(to, int64(f.x)), nil
	case wireBytes:
		for m := message(f.b); len(m) > 0; {
			x, err := m.varint()
			if err != nil {
				return nil, err
			}
			to = append(to, int64(x))
		}
		return to, nil
	}
	return nil, errWire
}

// float32s appends the values of a repeated float field, packed or not.
func (f field) float32s(to []float32) ([]float32, error) {
	switch f.wire {
	case wireFixed32:
		return append(to, math.Float32frombits(uint32(f.x))), nil
	case wireBytes:
		if len(f.b)%4 != 0 {
			return nil, errWire
		}
		for i := 0; i < len(f.b); i += 4 {
			to = append(to, math.Float32frombits(binary.LittleEndian.Uint32(f.b[i:])))
		}
		return to, nil
	}
	return nil, errWire
}

// float64s appends the values of a repeated double field, packed or not.
func (f field) float64s(to []float64) ([]float64, error) {
	switch f.wire {
	case wireFixed64:
		return append(to, math.Float64frombits(f.x)), nil
	case wireBytes:
		if len(f.b)%8 != 0 {
			return nil, errWire
		}
		for i := 0; i < len(f.b); i += 8 {
			to = append(to, math.Float64frombits(binary.LittleEndian.Uint64(f.b[i:])))
		}
		return to, nil
	}
	return nil, errWire
}
