package onnx

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"path"
	"strconv"
	"strings"
)

// external is where a model's external weights are.
type external struct {
	fsys   fs.FS
	name   string            // of the model
	forget func(part []byte) // that was read of the model's own file; nil: it lies in memory
}

// tensor returns the tensor that a message of the file describes.
func (e external) tensor(p *tensorProto, l Limits) (*Tensor, error) {
	t, err := e.read(p, l)
	if err != nil && p.name != "" {
		return nil, fmt.Errorf("tensor %q: %w", p.name, err)
	}
	return t, err
}

func (e external) read(p *tensorProto, l Limits) (*Tensor, error) {
	typ := Type(min(max(p.typ, 0), 255))
	if !typ.supported() {
		return nil, fmt.Errorf("the element type %v is not supported", typ)
	}
	shape := make([]int, len(p.dims))
	for i, d := range p.dims {
		if d < 0 || d > math.MaxInt {
			return nil, fmt.Errorf("the shape %v is not valid", p.dims)
		}
		shape[i] = int(d)
	}
	n, ok := count(shape)
	if !ok {
		return nil, fmt.Errorf("the shape %v is not valid", p.dims)
	}
	if int64(n) > l.MaxBytes/int64(typ.stored()) {
		return nil, fmt.Errorf("the shape %v needs more than %d bytes", p.dims, l.MaxBytes)
	}
	t := &Tensor{Type: typ, Shape: shape}
	switch {
	case p.location == 1:
		raw, err := e.bytes(p.external, int64(n)*int64(typ.stored()))
		if err != nil {
			return nil, err
		}
		return t, t.fromRaw(raw, n)
	case p.location != 0:
		return nil, fmt.Errorf("the data location %d is not known", p.location)
	case p.hasRaw:
		err := t.fromRaw(p.raw, n)
		if e.forget != nil {
			e.forget(p.raw) // its numbers have been copied
		}
		return t, err
	}
	return t, t.fromFields(p, n)
}

// bytes reads want bytes of the file that the entries name.
func (e external) bytes(entries map[string]string, want int64) ([]byte, error) {
	if e.fsys == nil {
		return nil, errors.New("external weights are not available")
	}
	location := entries["location"]
	// Only below the model's folder: fs.ValidPath has no .. and no root; a backslash is a separator on
	// Windows.
	if location == "" || strings.Contains(location, `\`) || !fs.ValidPath(location) || location == "." {
		return nil, fmt.Errorf("the external weights %q do not lie in the model's folder", location)
	}
	offset, err := entryNumber(entries, "offset", 0)
	if err != nil {
		return nil, err
	}
	length, err := entryNumber(entries, "length", want)
	if err != nil {
		return nil, err
	}
	// The shape decides; the entry can only agree.
	if length != want {
		return nil, fmt.Errorf("the external weights %q have %d bytes, but the shape needs %d", location, length, want)
	}
	f, err := e.fsys.Open(path.Join(path.Dir(e.name), location))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("the external weights %q are not a plain file", location)
	case offset > info.Size() || length > info.Size()-offset:
		return nil, fmt.Errorf("the external weights %q end before byte %d + %d", location, offset, length)
	// Without a length the file has to end with the tensor.
	case entries["length"] == "" && offset+length != info.Size():
		return nil, fmt.Errorf("the external weights %q have %d bytes, but the shape needs %d", location, info.Size()-offset, want)
	}
	b := make([]byte, length)
	if at, ok := f.(io.ReaderAt); ok {
		_, err = at.ReadAt(b, offset)
		if errors.Is(err, io.EOF) && length == 0 {
			err = nil
		}
		return b, err
	}
	if _, err := io.CopyN(io.Discard, f, offset); err != nil {
		return nil, err
	}
	_, err = io.ReadFull(f, b)
	return b, err
}

// entryNumber returns a number of an external_data entry.
func entryNumber(entries map[string]string, key string, without int64) (int64, error) {
	s, ok := entries[key]
	if !ok || s == "" {
		return without, nil
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 0 {
		return 0, fmt.Errorf("the %s %q of external weights is not valid", key, s)
	}
	return n, nil
}

// fromRaw sets the elements from little-endian bytes.
func (t *Tensor) fromRaw(b []byte, n int) error {
	if want := n * t.Type.stored(); len(b) != want {
		return fmt.Errorf("it has %d bytes, but the shape %v needs %d", len(b), t.Shape, want)
	}
	switch t.Type {
	case Float32:
		t.Data = decode(b, 4, n, func(b []byte) float32 { return math.Float32frombits(binary.LittleEndian.Uint32(b)) })
	case Float64:
		t.Data = decode(b, 8, n, func(b []byte) float64 { return math.Float64frombits(binary.LittleEndian.Uint64(b)) })
	case Float16:
		t.Data = decode(b, 2, n, func(b []byte) float32 { return fromF16(binary.LittleEndian.Uint16(b)) })
	case BFloat16:
		t.Data = decode(b, 2, n, func(b []byte) float32 { return fromBF16(binary.LittleEndian.Uint16(b)) })
	case Int32:
		t.Data = decode(b, 4, n, func(b []byte) int32 { return int32(binary.LittleEndian.Uint32(b)) })
	case Int64:
		t.Data = decode(b, 8, n, func(b []byte) int64 { return int64(binary.LittleEndian.Uint64(b)) })
	case Uint8:
		t.Data = append(make([]uint8, 0, n), b...)
	case Int8:
		t.Data = decode(b, 1, n, func(b []byte) int8 { return int8(b[0]) })
	case Bool:
		t.Data = decode(b, 1, n, func(b []byte) bool { return b[0] != 0 })
	}
	return nil
}

func decode[T any](b []byte, step, n int, f func([]byte) T) []T {
	x := make([]T, n)
	for i := range x {
		x[i] = f(b[i*step : (i+1)*step])
	}
	return x
}

// fromFields sets the elements from the typed field that ONNX has for the type.
func (t *Tensor) fromFields(p *tensorProto, n int) error {
	// Types of up to 32 bits share int32_data, as bits (onnx.proto3).
	have := len(p.int32s)
	switch t.Type {
	case Float32:
		have = len(p.floats)
	case Float64:
		have = len(p.doubles)
	case Int64:
		have = len(p.int64s)
	}
	if have != n || p.strings > 0 {
		return fmt.Errorf("it has %d values, but the shape %v needs %d", have, t.Shape, n)
	}
	switch t.Type {
	case Float32:
		t.Data = append(make([]float32, 0, n), p.floats...)
	case Float64:
		t.Data = append(make([]float64, 0, n), p.doubles...)
	case Int64:
		t.Data = append(make([]int64, 0, n), p.int64s...)
	case Int32:
		t.Data = convert[int32](p.int32s)
	case Uint8:
		t.Data = convert[uint8](p.int32s)
	case Int8:
		t.Data = convert[int8](p.int32s)
	// Kept as float32 from here on: kernels have no half precision.
	case Float16, BFloat16:
		x := make([]float32, n)
		for i, v := range p.int32s {
			x[i] = fromF16(uint16(v))
			if t.Type == BFloat16 {
				x[i] = fromBF16(uint16(v))
			}
		}
		t.Data = x
	case Bool:
		x := make([]bool, n)
		for i, v := range p.int32s {
			x[i] = v != 0
		}
		t.Data = x
	}
	return nil
}
