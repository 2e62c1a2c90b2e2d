package opus

import (
	"bytes"
	"slices"
	"testing"
)

func TestFramesOf(t *testing.T) {
	long := bytes.Repeat([]byte{7}, 260)
	for _, c := range []struct {
		name   string
		packet []byte
		sizes  []int // nil where the packet is damaged
	}{
		{"one", []byte{0, 1, 2, 3}, []int{3}},
		{"one, empty", []byte{0}, []int{0}},
		{"two alike", []byte{1, 1, 2, 3, 4}, []int{2, 2}},
		{"two alike, odd", []byte{1, 1, 2, 3}, nil},
		{"two", []byte{2, 1, 5, 6, 7}, []int{1, 2}},
		{"two, of a long one", slices.Concat([]byte{2, 252, 2}, long), []int{260, 0}},
		{"two, too long", []byte{2, 4, 5, 6}, nil},
		{"two, no length", []byte{2}, nil},
		{"three alike", []byte{3, 3, 1, 2, 3, 4, 5, 6}, []int{2, 2, 2}},
		{"three alike, not so", []byte{3, 3, 1, 2, 3, 4, 5}, nil},
		{"three", []byte{3, 128 | 3, 1, 2, 9, 9, 9, 9}, []int{1, 2, 1}},
		{"three, too long", []byte{3, 128 | 3, 1, 9, 9, 9, 9}, nil},
		{"padded", []byte{3, 64 | 1, 2, 9, 9, 0, 0}, []int{2}},
		{"padded much", slices.Concat([]byte{3, 64 | 1, 255, 2, 9, 9}, make([]byte, 256)), []int{2}},
		{"padded too much", []byte{3, 64 | 1, 5, 9, 9, 0, 0}, nil},
		{"none", []byte{3, 0}, nil},
		{"no count", []byte{3}, nil},
		{"nothing", nil, nil},
	} {
		frames, _, ok := framesOf(nil, c.packet, false)
		var sizes []int
		for _, f := range frames {
			sizes = append(sizes, len(f))
		}
		if ok != (c.sizes != nil) || ok && !slices.Equal(sizes, c.sizes) {
			t.Errorf("%s: frames of %v bytes, %t, want %v", c.name, sizes, ok, c.sizes)
		}
	}
}

// TestDelimited wants the frames of a packet that another one follows.
func TestDelimited(t *testing.T) {
	for _, c := range []struct {
		name   string
		packet []byte
		sizes  []int // nil where the packet is damaged
		rest   int
	}{
		{"one", []byte{0, 2, 1, 2, 9}, []int{2}, 1},
		{"one, too long", []byte{0, 3, 1, 2}, nil, 0},
		{"two alike", []byte{1, 1, 2, 3, 9, 9}, []int{1, 1}, 2},
		{"two", []byte{2, 1, 2, 5, 6, 7}, []int{1, 2}, 0},
		{"two, no length", []byte{2, 1}, nil, 0},
		{"three alike", []byte{3, 3, 1, 2, 3, 4, 9}, []int{1, 1, 1}, 1},
		{"two, padded", []byte{3, 64 | 128 | 2, 1, 1, 2, 5, 6, 7, 0, 9}, []int{1, 2}, 1},
		{"padded too much", []byte{3, 64 | 1, 2, 1, 5, 0}, nil, 0},
	} {
		frames, rest, ok := framesOf(nil, c.packet, true)
		var sizes []int
		for _, f := range frames {
			sizes = append(sizes, len(f))
		}
		if ok != (c.sizes != nil) || ok && (!slices.Equal(sizes, c.sizes) || len(rest) != c.rest) {
			t.Errorf("%s: frames of %v bytes, %d left, %t, want %v and %d", c.name, sizes, len(rest), ok, c.sizes, c.rest)
		}
	}
}
