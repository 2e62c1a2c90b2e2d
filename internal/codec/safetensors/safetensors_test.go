package safetensors

import (
	"bytes"
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
		if _, tensors, err := Read(data); err == nil {
			var out bytes.Buffer
			if err := Write(&out, nil, tensors); err != nil {
				t.Fatalf("what was read cannot be written: %v", err)
			}
		}
	})
}
