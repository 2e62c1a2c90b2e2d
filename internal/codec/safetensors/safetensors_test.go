package safetensors

import (
	"bytes"
	"encoding/binary"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func sample() (map[string]string, []Tensor) {
	return map[string]string{"format": "x"}, []Tensor{
		{"b", []int{2, 2}, []float32{1, -2, 3.5, 0}},
		{"a", []int{3}, []float32{7, 8, 9}},
		{"empty", []int{0}, []float32{}},
	}
}

func TestRoundTrip(t *testing.T) {
	meta, tensors := sample()
	var b bytes.Buffer
	if err := Write(&b, meta, tensors); err != nil {
		t.Fatal(err)
	}
	gotMeta, got, err := Read(b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(meta, gotMeta) + cmp.Diff(tensors, got); d != "" {
		t.Error(d)
	}
}

func TestReadRefusesWhatIsCut(t *testing.T) {
	meta, tensors := sample()
	var b bytes.Buffer
	if err := Write(&b, meta, tensors); err != nil {
		t.Fatal(err)
	}
	for n := range b.Len() {
		if _, _, err := Read(b.Bytes()[:n]); err == nil {
			t.Fatalf("the first %d of %d bytes were accepted", n, b.Len())
		}
	}
}

func TestWriteRefusesAWrongShape(t *testing.T) {
	if err := Write(&bytes.Buffer{}, nil, []Tensor{{"a", []int{2}, []float32{1}}}); err == nil {
		t.Error("a tensor of 1 value was written with shape [2]")
	}
}

func FuzzRead(f *testing.F) {
	meta, tensors := sample()
	var b bytes.Buffer
	if err := Write(&b, meta, tensors); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Fuzz(func(t *testing.T, data []byte) {
		if _, raw, err := Parse(data); err == nil {
			for i := range raw {
				if raw[i].IsFloat() {
					raw[i].Floats(make([]float32, raw[i].Len()), 0)
				}
			}
		}
		if _, tensors, err := Read(data); err == nil {
			var out bytes.Buffer
			if err := Write(&out, nil, tensors); err != nil {
				t.Fatalf("what was read cannot be written: %v", err)
			}
		}
	})
}

// TestHalf compares every binary16 number with its definition.
func TestHalf(t *testing.T) {
	for i := range 1 << 16 {
		sign, exp, frac := 1.0, i>>10&31, float64(i&1023)
		if i>>15 == 1 {
			sign = -1
		}
		want := sign * math.Ldexp(1+frac/1024, exp-15)
		switch {
		case exp == 0:
			want = sign * math.Ldexp(frac/1024, -14)
		case exp == 31 && frac == 0:
			want = math.Inf(int(sign))
		case exp == 31:
			want = math.NaN()
		}
		got := float64(half(uint16(i)))
		if got != want && !(math.IsNaN(got) && math.IsNaN(want)) || math.Signbit(got) != (i>>15 == 1) {
			t.Fatalf("%#04x is %g, want %g", i, got, want)
		}
	}
}

func TestParse(t *testing.T) {
	file := func(header string, data int) []byte {
		b := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
		return append(append(b, header...), make([]byte, data)...)
	}
	_, raw, err := Parse(file(`{"z":{"dtype":"I64","shape":[],"data_offsets":[0,8]},"a":{"dtype":"BF16","shape":[2,2],"data_offsets":[8,16]},"e":{"dtype":"F16","shape":[0,3],"data_offsets":[8,8]}}`, 16))
	if err != nil || len(raw) != 3 || raw[0].Name != "z" || raw[1].Name != "e" || raw[2].Len() != 4 {
		t.Fatalf("%v, %v", raw, err)
	}
	for _, header := range []string{
		`[]`, `{`, `{} {}`, `{"a":1}`, `{"a":{"dtype":"F32","shape":[2]}}`, `{"a":{"shape":[2],"data_offsets":[0,8]}}`,
		`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}`,
		`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}`,
		`{"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}`, `{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,8]}}`,
		`{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}`, `{"a":{"dtype":"F4","shape":[2],"data_offsets":[0,8]}}`,
	} {
		if _, _, err := Parse(file(header, 8)); err == nil {
			t.Errorf("%s was accepted", header)
		}
	}
}
