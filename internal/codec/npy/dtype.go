package npy

import (
	"encoding/binary"
	"fmt"
	"math"
	"strconv"
)

// DType is a NumPy type of numbers.
type DType struct {
	Code byte // 'b' boolean, 'i' signed, 'u' unsigned, 'f' float
	Size int  // bytes: 1, 2, 4 or 8
	Big  bool // big-endian
}

// ParseDType reads a NumPy type string such as "<f4", "|b1", ">i8" or "=f8".
func ParseDType(s string) (DType, error) {
	rest, big := s, false
	if rest != "" {
		switch rest[0] {
		// '| "=" is the order of the machine that wrote it: little-endian on all that NumPy is common on.
		case '<', '|', '=':
			rest = rest[1:]
		case '>':
			rest, big = rest[1:], true
		}
	}
	if rest == "" {
		return DType{}, fmt.Errorf("unknown type %q", s)
	}
	d := DType{Code: rest[0], Big: big}
	if rest == "?" {
		return DType{Code: 'b', Size: 1}, nil
	}
	// Without a number the size stays 0, which no code below has.
	size, err := strconv.Atoi(rest[1:])
	if err == nil {
		d.Size = size
	}
	switch d.Code {
	case 'b':
		if d.Size == 1 {
			return d, nil
		}
	case 'i', 'u':
		if d.Size == 1 || d.Size == 2 || d.Size == 4 || d.Size == 8 {
			return d, nil
		}
	case 'f':
		if d.Size == 2 || d.Size == 4 || d.Size == 8 {
			return d, nil
		}
	case 'O':
		return d, fmt.Errorf("type %q: Python objects are not read", s)
	case 'c':
		return d, fmt.Errorf("type %q: complex numbers are not read", s)
	case 'U', 'S', 'a':
		return d, fmt.Errorf("type %q: strings are not read", s)
	}
	return d, fmt.Errorf("unknown type %q", s)
}

// Convert decodes len(dst) values of type d from src, which holds at least d.Size bytes for each.
// Integers and float64 beyond T's precision are rounded.
func Convert[T Float](dst []T, src []byte, d DType) {
	var order binary.ByteOrder = binary.LittleEndian
	if d.Big {
		order = binary.BigEndian
	}
	switch {
	case d.Code == 'f' && d.Size == 4 && !d.Big:
		for i := range dst {
			dst[i] = T(math.Float32frombits(binary.LittleEndian.Uint32(src[4*i:])))
		}
	case d.Code == 'f' && d.Size == 8 && !d.Big:
		for i := range dst {
			dst[i] = T(math.Float64frombits(binary.LittleEndian.Uint64(src[8*i:])))
		}
	case d.Code == 'f' && d.Size == 2:
		for i := range dst {
			dst[i] = T(halfToFloat(order.Uint16(src[2*i:])))
		}
	case d.Code == 'f' && d.Size == 4:
		for i := range dst {
			dst[i] = T(math.Float32frombits(order.Uint32(src[4*i:])))
		}
	case d.Code == 'f':
		for i := range dst {
			dst[i] = T(math.Float64frombits(order.Uint64(src[8*i:])))
		}
	case d.Code == 'b':
		for i := range dst {
			dst[i] = 0
			if src[i] != 0 {
				dst[i] = 1
			}
		}
	default:
		for i := range dst {
			dst[i] = integer[T](src[i*d.Size:], d, order)
		}
	}
}

// integer decodes one integer.
func integer[T Float](b []byte, d DType, order binary.ByteOrder) T {
	signed := d.Code == 'i'
	switch d.Size {
	case 1:
		if signed {
			return T(int8(b[0]))
		}
		return T(b[0])
	case 2:
		v := order.Uint16(b)
		if signed {
			return T(int16(v))
		}
		return T(v)
	case 4:
		v := order.Uint32(b)
		if signed {
			return T(int32(v))
		}
		return T(v)
	}
	v := order.Uint64(b)
	if signed {
		return T(int64(v))
	}
	return T(v)
}

// halfToFloat widens an IEEE 754 binary16 value, exactly.
func halfToFloat(h uint16) float32 {
	sign := uint32(h>>15) << 31
	exponent, fraction := uint32(h>>10)&0x1f, uint32(h)&0x3ff
	switch {
	case exponent == 0x1f: // infinity or NaN
		return math.Float32frombits(sign | 0xff<<23 | fraction<<13)
	case exponent != 0:
		return math.Float32frombits(sign | (exponent+127-15)<<23 | fraction<<13)
	}
	v := float32(fraction) / (1 << 24) // zero or subnormal: fraction · 2^-24
	return math.Float32frombits(sign | math.Float32bits(v))
}
