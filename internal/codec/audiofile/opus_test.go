package audiofile

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// speechFiles are packets of speech alone, with the hash of the mean of the
// channels that libopus decodes, as float32. In the first, of a rising tone, the
// long-term filter amplifies, so that any other arithmetic drifts to noise.
var speechFiles = []struct{ file, hash string }{
	{"opus-8k.opus", "7650d09028c12133"},
	{"opus-12khz-stereo.opus", "bae2554d744f7c62"},
	{"opus-16khz-redundant.opus", "82a983f1bafdc645"},
}

// TestOpusSpeech wants what libopus decodes, to the bit.
func TestOpusSpeech(t *testing.T) {
	for _, f := range speechFiles {
		data, err := os.ReadFile(filepath.Join("testdata", f.file))
		if err != nil {
			t.Fatal(err)
		}
		sig, err := decodeWhole(t.Context(), "opus", bytes.NewReader(data))
		if err != nil {
			t.Fatalf("%s: %v", f.file, err)
		}
		if got := hashOf(t, sig.Samples); got != f.hash {
			t.Errorf("%s: %d samples of hash %s, want %s", f.file, len(sig.Samples), got, f.hash)
		}
	}
}

func hashOf(t *testing.T, x []float32) string {
	t.Helper()
	b, err := binary.Append(nil, binary.LittleEndian, x)
	if err != nil {
		t.Fatal(err)
	}
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:8])
}

// TestOpusSpeechHashes wants the hashes of speechFiles to be those of libopus.
func TestOpusSpeechHashes(t *testing.T) {
	needFFmpeg(t)
	for i, channels := range []int{1, 2, 2} {
		f := speechFiles[i]
		x := reference(t, "opus", filepath.Join("testdata", f.file), channels, 0)
		if got := hashOf(t, x); got != f.hash {
			t.Errorf("%s: libopus decodes to %s, want %s", f.file, got, f.hash)
		}
	}
}

func TestOpusFrames(t *testing.T) {
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
		frames, ok := opusFrames(nil, c.packet)
		var sizes []int
		for _, f := range frames {
			sizes = append(sizes, len(f))
		}
		if ok != (c.sizes != nil) || ok && !slices.Equal(sizes, c.sizes) {
			t.Errorf("%s: frames of %v bytes, %t, want %v", c.name, sizes, ok, c.sizes)
		}
	}
}
