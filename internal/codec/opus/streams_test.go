package opus

import (
	"bytes"
	"slices"
	"testing"
)

// TestStreams wants each channel of the output from its stream, and one that the
// mapping leaves out silent.
func TestStreams(t *testing.T) {
	mono := append([]byte{30 << 3}, bytes.Repeat([]byte{0x5A}, 30)...)
	stereo := append([]byte{30<<3 | 4}, bytes.Repeat([]byte{0x39}, 40)...)
	want1, want2 := make([]float32, MaxSamples), make([]float32, 2*MaxSamples)
	n, err := NewDecoder(1).Decode(want1, mono)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := NewDecoder(2).Decode(want2, stereo); err != nil {
		t.Fatal(err)
	}
	s, err := NewStreams(2, 1, []byte{1, 2, 255, 0})
	if err != nil {
		t.Fatal(err)
	}
	packet := slices.Concat(stereo[:1], []byte{40}, stereo[1:], mono)
	out := make([]float32, 4*MaxSamples)
	if got, err := s.Decode(out, packet); got != n || err != nil {
		t.Fatalf("%d samples, %v, want %d", got, err, n)
	}
	for i := range n {
		want := []float32{want2[2*i+1], want1[i], 0, want2[2*i]}
		if got := out[4*i : 4*i+4]; !slices.Equal(got, want) {
			t.Fatalf("sample %d is %v, want %v", i, got, want)
		}
	}
	packet[0] ^= 1 << 3 // half as long
	if _, err := s.Decode(out, packet); err == nil {
		t.Error("streams of two lengths are no error")
	}
	if _, err := s.Decode(out, stereo); err == nil {
		t.Error("a packet of one stream is no error")
	}
}

func TestNewStreams(t *testing.T) {
	for _, c := range []struct {
		streams, coupled int
		mapping          []byte
	}{{0, 0, nil}, {1, 2, []byte{0}}, {9, 0, []byte{0}}, {1, 1, []byte{0, 2}}, {2, 0, []byte{2}}} {
		if _, err := NewStreams(c.streams, c.coupled, c.mapping); err == nil {
			t.Errorf("%+v is no error", c)
		}
	}
}
