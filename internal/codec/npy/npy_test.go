package npy

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"
)

// file makes an .npy of version 1 from a dict and raw values.
func file(dict, values string) []byte {
	n := len(dict)
	return []byte(magicText + "\x01\x00" + string([]byte{byte(n), byte(n >> 8)}) + dict + values)
}

// dict makes the usual header text.
func dict(descr, fortran, shape string) string {
	return fmt.Sprintf("{'descr': '%s', 'fortran_order': %s, 'shape': %s, }\n", descr, fortran, shape)
}

// raw encodes values of fixed size.
func raw(order binary.ByteOrder, values any) string {
	var b bytes.Buffer
	if err := binary.Write(&b, order, values); err != nil {
		panic(err)
	}
	return b.String()
}

func TestReadTypes(t *testing.T) {
	le, be := binary.LittleEndian, binary.BigEndian
	f := func(descr, values string, want ...float64) {
		t.Helper()
		data := file(dict(descr, "False", fmt.Sprintf("(%d,)", len(want))), values)
		a, err := Read[float64](bytes.NewReader(data), int64(len(data)))
		if err != nil {
			t.Errorf("%s: %v", descr, err)
			return
		}
		if diff := cmp.Diff(want, a.Data, cmpopts.EquateNaNs()); diff != "" {
			t.Errorf("%s: %s", descr, diff)
		}
	}
	f("<f4", raw(le, []float32{1.5, -2}), 1.5, -2)
	f(">f4", raw(be, []float32{1.5, -2}), 1.5, -2)
	f("<f8", raw(le, []float64{math.Pi, math.Inf(1)}), math.Pi, math.Inf(1))
	f(">f8", raw(be, []float64{math.Pi}), math.Pi)
	f("=f8", raw(le, []float64{math.Pi}), math.Pi)
	// binary16: 1, -2, the smallest subnormal, 65504, infinity, NaN
	f("<f2", raw(le, []uint16{0x3c00, 0xc000, 1, 0x7bff, 0x7c00, 0x7e00}), 1, -2, math.Ldexp(1, -24), 65504, math.Inf(1), math.NaN())
	f(">f2", raw(be, []uint16{0x3555}), 0.333251953125)
	f("|b1", "\x00\x01\x02", 0, 1, 1)
	f("?", "\x00\x01", 0, 1)
	f("|i1", "\xff\x7f", -1, 127)
	f("|u1", "\xff\x7f", 255, 127)
	f("<i2", raw(le, []int16{-2, 300}), -2, 300)
	f(">u2", raw(be, []uint16{65535}), 65535)
	f("<i4", raw(le, []int32{-7}), -7)
	f(">u4", raw(be, []uint32{1 << 31}), 1<<31)
	f("<i8", raw(le, []int64{-1 << 40}), -1<<40)
	f(">i8", raw(be, []int64{-3}), -3)
	f("<u8", raw(le, []uint64{1 << 63}), 1<<63)
}

func TestReadFortranOrder(t *testing.T) {
	values := raw(binary.LittleEndian, []float32{1, 4, 2, 5, 3, 6})
	data := file(dict("<f4", "True", "(2, 3)"), values)
	a, err := Read[float32](bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]float32{1, 2, 3, 4, 5, 6}, a.Data); diff != "" {
		t.Error(diff)
	}
}

func TestReadRefuses(t *testing.T) {
	good := raw(binary.LittleEndian, []float32{1, 2, 3, 4})
	f := func(data []byte, want string) {
		t.Helper()
		for _, size := range []int64{int64(len(data)), -1} {
			if _, err := Read[float32](bytes.NewReader(data), size); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("size %d: error %v, want %q", size, err, want)
			}
		}
	}
	f(nil, "not an .npy file")
	f([]byte("id,label\n"), "not an .npy file")
	f(file(dict("<f4", "False", "(4,)"), good[:15]), "truncated")
	f(file(dict("<f4", "False", "(4000000000,)"), good), "truncated")
	f(file(dict("<f4", "False", "(9223372036854775807, 9223372036854775807)"), good), "too large")
	f(file(dict("<f4", "False", "(99999999999999999999,)"), good), "no length")
	f(file(dict("<f4", "False", "(-1,)"), good), "no length")
	f(file(dict("|O", "False", "(4,)"), good), "Python objects")
	f(file(dict("<U8", "False", "(4,)"), good), "strings")
	f(file(dict("<c8", "False", "(4,)"), good), "complex")
	f(file(dict("<f3", "False", "(4,)"), good), "unknown type")
	f(file("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (4,), }", good), "records")
	f(file("{'descr': '<f4', 'shape': (4,), }", good), "missing")
	f(file("{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (4,)}", good), "twice")
	f(file("{'descr': '<f4', 'fortran_order': False, 'shape': (4,)} import os", good), "after the dict")
	f(file("{'descr': '<f4", good), "does not end")
	f([]byte(magicText+"\x02\x00\xff\xff\xff\xffxx"), "refused")
	f([]byte(magicText+"\x09\x00\x00\x00"), "version 9")
}

func TestMatrix(t *testing.T) {
	f := func(shape []int, rows, cols int) {
		t.Helper()
		a := Array[float32]{Shape: shape}
		if r, c := a.Matrix(); r != rows || c != cols {
			t.Errorf("%v is %d × %d, want %d × %d", shape, r, c, rows, cols)
		}
	}
	f([]int{}, 1, 1)
	f([]int{5}, 5, 1)
	f([]int{5, 3}, 5, 3)
	f([]int{5, 3, 2}, 5, 6)
}

// TestHeader holds the bytes that numpy writes for np.save of a float32 array of shape (3,).
func TestHeader(t *testing.T) {
	var b bytes.Buffer
	if err := Write(&b, []int{3}, []float32{1, 2, 3}); err != nil {
		t.Fatal(err)
	}
	want := "\x93NUMPY\x01\x00v\x00{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }" + strings.Repeat(" ", 60) + "\n"
	if got := b.String()[:128]; got != want {
		t.Errorf("header %q, want %q", got, want)
	}
	if err := Write(&b, []int{2}, []float32{1, 2, 3}); err == nil {
		t.Error("a shape that does not fit was written")
	}
}

func TestWriteReadIdentity(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		shape := rapid.SliceOfN(rapid.IntRange(0, 6), 0, 4).Draw(t, "shape")
		n, err := Count(shape)
		if err != nil {
			t.Fatal(err)
		}
		data := rapid.SliceOfN(rapid.Float64(), n, n).Draw(t, "data")
		var b bytes.Buffer
		if err := Write(&b, shape, data); err != nil {
			t.Fatal(err)
		}
		if before := b.Len() - 8*n; before%64 != 0 {
			t.Fatalf("the values start at %d, no multiple of 64", before)
		}
		got, err := Read[float64](&b, int64(b.Len()))
		if err != nil {
			t.Fatal(err)
		}
		if !cmp.Equal(got.Shape, shape, cmpopts.EquateEmpty()) || !cmp.Equal(got.Data, data, cmpopts.EquateEmpty()) {
			t.Fatalf("got %v, want %v %v", got, shape, data)
		}
	})
}

func TestReadAll(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.npy")
	var b bytes.Buffer
	if err := Write(&b, []int{2, 2}, []float32{1, 2, 3, 4}); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	a, err := ReadFile[float32](path)
	if err != nil || a.Data[3] != 4 {
		t.Errorf("got %v, %v", a, err)
	}
	if _, err := ReadFile[float32](dir); err == nil {
		t.Error("a directory was read")
	}
	if _, err := ReadFile[float32](filepath.Join(dir, "none.npy")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a missing file: %v", err)
	}
}

func FuzzRead(f *testing.F) {
	var b bytes.Buffer
	if err := Write(&b, []int{2, 2}, []float32{1, 2, 3, 4}); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Add(file(dict(">i2", "True", "(2, 2)"), "12345678"))
	f.Add(file(dict("<f4", "False", "(0, 999999999999)"), ""))
	f.Fuzz(func(t *testing.T, data []byte) {
		a, err := Read[float32](bytes.NewReader(data), int64(len(data)))
		b, err2 := Read[float32](bytes.NewReader(data), -1)
		if (err == nil) != (err2 == nil) {
			t.Fatalf("with the size known: %v; unknown: %v", err, err2)
		}
		if err != nil {
			return
		}
		if n, _ := Count(a.Shape); n != len(a.Data) || n != len(b.Data) || n > len(data) {
			t.Fatalf("shape %v, %d and %d values from %d bytes", a.Shape, len(a.Data), len(b.Data), len(data))
		}
	})
}
