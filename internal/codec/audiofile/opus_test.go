package audiofile

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"os"
	"path/filepath"
	"testing"
)

// speechFiles are packets of speech alone, with the hash of the mean of the
// channels that libopus decodes, as float32. In the first, of a rising tone, the
// long-term filter amplifies, so that any other arithmetic drifts to noise.
var speechFiles = []struct{ file, hash string }{
	{"opus-8k.opus", "7650d09028c12133"},
	{"opus-12khz-stereo.opus", "bae2554d744f7c62"},
	{"opus-16khz-redundant.opus", "82a983f1bafdc645"},
	{"opus-mono-and-stereo.opus", "d537f55a3ed644c7"},
	{"opus-pauses.opus", "94f4b7d44dc25951"}, // the encoder left frames out
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
	for i, channels := range []int{1, 2, 2, 2, 1} {
		f := speechFiles[i]
		x := reference(t, "opus", filepath.Join("testdata", f.file), channels, 0)
		if got := hashOf(t, x); got != f.hash {
			t.Errorf("%s: libopus decodes to %s, want %s", f.file, got, f.hash)
		}
	}
}
