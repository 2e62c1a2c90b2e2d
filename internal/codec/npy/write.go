package npy

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
)

// Number is what a [Writer] writes.
type Number interface {
	float32 | float64 | int32 | int64
}

// Write writes data, in C order, as an .npy file of version 1.0: float32 as <f4, float64 as <f8.
// The header is padded so that the values start at a multiple of 64 bytes.
func Write[T Float](w io.Writer, shape []int, data []T) error {
	n, err := NewWriter[T](w, shape)
	if err != nil {
		return err
	}
	if n.left != len(data) {
		return fmt.Errorf("cannot write array: shape %v needs %d values, not %d", shape, n.left, len(data))
	}
	if err := n.Write(data...); err != nil {
		return err
	}
	return n.Close()
}

// Writer writes an .npy file of version 1.0 piece by piece: its shape is known, its values need not
// be in memory.
type Writer[T Number] struct {
	b    *bufio.Writer
	left int // values that the shape still needs
}

// NewWriter writes the header.
func NewWriter[T Number](w io.Writer, shape []int) (*Writer[T], error) {
	n, err := Count(shape)
	if err != nil {
		return nil, fmt.Errorf("cannot write array: %w", err)
	}
	b := bufio.NewWriterSize(w, chunk)
	if _, err := b.WriteString(header(descr[T](), shape)); err != nil {
		return nil, fmt.Errorf("cannot write array: %w", err)
	}
	return &Writer[T]{b, n}, nil
}

// Write appends values, in C order.
func (w *Writer[T]) Write(values ...T) error {
	if w.left -= len(values); w.left < 0 {
		return fmt.Errorf("cannot write array: %d values more than its shape has", -w.left)
	}
	return writeValues(w.b, values)
}

// Close writes what is buffered; it does not close the underlying writer.
func (w *Writer[T]) Close() error {
	if w.left != 0 {
		return fmt.Errorf("cannot write array: its shape needs %d more values", w.left)
	}
	if err := w.b.Flush(); err != nil {
		return fmt.Errorf("cannot write array: %w", err)
	}
	return nil
}

// writeValues writes the little-endian bytes of values.
func writeValues[T Number](b *bufio.Writer, values []T) error {
	const most = chunk / 8
	for len(values) > 0 {
		n := min(len(values), most)
		if b.Available() < 8*n && b.Buffered() > 0 {
			if err := b.Flush(); err != nil {
				return fmt.Errorf("cannot write array: %w", err)
			}
		}
		buf := b.AvailableBuffer()
		switch part := any(values[:n]).(type) {
		case []float32:
			for _, v := range part {
				buf = binary.LittleEndian.AppendUint32(buf, math.Float32bits(v))
			}
		case []float64:
			for _, v := range part {
				buf = binary.LittleEndian.AppendUint64(buf, math.Float64bits(v))
			}
		case []int32:
			for _, v := range part {
				buf = binary.LittleEndian.AppendUint32(buf, uint32(v))
			}
		case []int64:
			for _, v := range part {
				buf = binary.LittleEndian.AppendUint64(buf, uint64(v))
			}
		}
		if _, err := b.Write(buf); err != nil {
			return fmt.Errorf("cannot write array: %w", err)
		}
		values = values[n:]
	}
	return nil
}

// descr is the name of a type in a header.
func descr[T Number]() string {
	var zero T
	switch any(zero).(type) {
	case float32:
		return "<f4"
	case float64:
		return "<f8"
	case int32:
		return "<i4"
	}
	return "<i8"
}

// header is the magic number, the version, the length and the padded dict.
func header(descr string, shape []int) string {
	dims := make([]string, len(shape))
	for i, d := range shape {
		dims[i] = strconv.Itoa(d)
	}
	tuple := strings.Join(dims, ", ")
	if len(shape) == 1 {
		tuple += ","
	}
	dict := fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': (%s), }", descr, tuple)
	const before = prefixSize + 2
	pad := 64 - (before+len(dict)+1)%64
	dict += strings.Repeat(" ", pad%64) + "\n"
	return magicText + "\x01\x00" + string([]byte{byte(len(dict)), byte(len(dict) >> 8)}) + dict
}
