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

// Write writes data, in C order, as an .npy file of version 1.0: float32 as <f4, float64 as <f8.
// The header is padded so that the values start at a multiple of 64 bytes.
func Write[T Float](w io.Writer, shape []int, data []T) error {
	n, err := Count(shape)
	if err != nil {
		return fmt.Errorf("cannot write array: %w", err)
	}
	if n != len(data) {
		return fmt.Errorf("cannot write array: shape %v needs %d values, not %d", shape, n, len(data))
	}
	var zero T
	_, single := any(zero).(float32)
	size := 8
	if single {
		size = 4
	}
	b := bufio.NewWriterSize(w, chunk)
	if _, err := b.WriteString(header(size, shape)); err != nil {
		return fmt.Errorf("cannot write array: %w", err)
	}
	var buf [8]byte
	for _, v := range data {
		if single {
			binary.LittleEndian.PutUint32(buf[:], math.Float32bits(float32(v)))
		} else {
			binary.LittleEndian.PutUint64(buf[:], math.Float64bits(float64(v)))
		}
		if _, err := b.Write(buf[:size]); err != nil {
			return fmt.Errorf("cannot write array: %w", err)
		}
	}
	if err := b.Flush(); err != nil {
		return fmt.Errorf("cannot write array: %w", err)
	}
	return nil
}

// header is the magic number, the version, the length and the padded dict.
func header(size int, shape []int) string {
	dims := make([]string, len(shape))
	for i, d := range shape {
		dims[i] = strconv.Itoa(d)
	}
	tuple := strings.Join(dims, ", ")
	if len(shape) == 1 {
		tuple += ","
	}
	dict := fmt.Sprintf("{'descr': '<f%d', 'fortran_order': False, 'shape': (%s), }", size, tuple)
	const before = prefixSize + 2
	pad := 64 - (before+len(dict)+1)%64
	dict += strings.Repeat(" ", pad%64) + "\n"
	return magicText + "\x01\x00" + string([]byte{byte(len(dict)), byte(len(dict) >> 8)}) + dict
}
