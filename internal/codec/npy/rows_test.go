package npy

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strings"
	"testing"
)

// Rows one by one are those of the whole array, of any type and byte order.
func TestRows(t *testing.T) {
	values := make([]int16, 24)
	for i := range values {
		values[i] = int16(i*i - 50)
	}
	f := func(descr, shape, data string) {
		t.Helper()
		all := file(dict(descr, "False", shape), data)
		want, err := Read[float32](bytes.NewReader(all), int64(len(all)))
		if err != nil {
			t.Fatal(err)
		}
		rows, err := OpenRows[float32](bytes.NewReader(all), int64(len(all)))
		if err != nil || rows == nil {
			t.Fatalf("%v, %v", rows, err)
		}
		n, cols := want.Matrix()
		if rows.Width() != cols || rows.Shape[0] != n {
			t.Fatalf("%v of %d, want %d of %d", rows.Shape, rows.Width(), n, cols)
		}
		for i := n - 1; i >= 0; i-- {
			row := make([]float32, cols)
			if err := rows.Read(row, i); err != nil || !slices.Equal(row, want.Data[i*cols:(i+1)*cols]) {
				t.Fatalf("row %d is %v, %v", i, row, err)
			}
		}
		if err := rows.Read(make([]float32, cols), n); err == nil {
			t.Error("a row beyond the last was read")
		}
		if _, err := OpenRows[float32](bytes.NewReader(all[:len(all)-1]), int64(len(all)-1)); err == nil || !strings.Contains(err.Error(), "truncated") {
			t.Errorf("a cut file: %v", err)
		}
	}
	f("<i2", "(6, 4)", raw(binary.LittleEndian, values))
	f(">i2", "(6, 4)", raw(binary.BigEndian, values))
	f("<i2", "(24,)", raw(binary.LittleEndian, values))
	f("<i2", "(2, 3, 4)", raw(binary.LittleEndian, values))
	f("<f4", "(3, 2)", raw(binary.LittleEndian, []float32{1, -2, 3.5, 0, 1e30, -7}))
	f("|u1", "(2, 3)", "\x00\x01\x02\x03\x04\xff")
	for _, other := range []string{dict("<f4", "True", "(1, 2)"), dict("<f4", "False", "()"), dict("<f4", "False", "(0, 3)")} {
		data := file(other, raw(binary.LittleEndian, []float32{1, 2}))
		if rows, err := OpenRows[float32](bytes.NewReader(data), int64(len(data))); rows != nil || err != nil {
			t.Errorf("%s: %v, %v", other, rows, err)
		}
	}
}
