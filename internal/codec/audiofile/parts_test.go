package audiofile

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/fusor-ml/fusor/internal/dsp"
)

func goldenFile(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "golden", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func decode(t *testing.T, format string, parts ...any) *dsp.Signal {
	t.Helper()
	sig, err := decodeWhole(t.Context(), format, bytes.NewReader(join(parts...)))
	if err != nil {
		t.Fatalf("%s: %v", format, err)
	}
	return sig
}

func join(parts ...any) []byte {
	var b []byte
	for _, p := range parts {
		switch p := p.(type) {
		case string:
			b = append(b, p...)
		case []byte:
			b = append(b, p...)
		}
	}
	return b
}

// TestJoinedFiles decodes files one after the other as the sound of the first
// and that of the second, at the rate of the first.
func TestJoinedFiles(t *testing.T) {
	f := func(format, first, second string) {
		t.Helper()
		a, b := goldenFile(t, first), goldenFile(t, second)
		x, y := decode(t, format, a), decode(t, format, b)
		want := append(slices.Clone(x.Samples), dsp.Resample(y.Samples, y.Rate, x.Rate)...)
		got := decode(t, format, a, b)
		if got.Rate != x.Rate || !slices.Equal(got.Samples, want) {
			t.Errorf("%s and %s: %d samples at %d Hz, want %d at %d", first, second, len(got.Samples), got.Rate, len(want), x.Rate)
		}
		got = decode(t, format, a, b, "TAG", make([]byte, 125))
		if !slices.Equal(got.Samples, want) {
			t.Errorf("%s and %s with a tag: %d samples, want %d", first, second, len(got.Samples), len(want))
		}
	}
	f("mp3", "22050-joint.mp3", "44100-variable.mp3")
	f("mp3", "44100-joint.mp3", "44100-joint.mp3")
	f("mp3", "44100-320.mp3", "8000.mp3")
	f("vorbis", "22050.ogg", "44100-stereo.ogg")
	f("vorbis", "44100-stereo.ogg", "44100-stereo.ogg") // the same serial number again
	f("opus", "speech.opus", "music-stereo.opus")
}

// TestChainWithoutEnds leaves out the marks at the end of streams.
func TestChainWithoutEnds(t *testing.T) {
	open := func(data []byte) []byte {
		last := bytes.LastIndex(data, []byte("OggS"))
		data[last+5] &^= 4
		sealPages(data)
		return data
	}
	a, b := open(goldenFile(t, "22050.ogg")), open(goldenFile(t, "22050.ogg"))
	one := decode(t, "vorbis", a).Samples
	if got := decode(t, "vorbis", a, b).Samples; len(got) != 2*len(one) {
		t.Errorf("%d samples, want twice %d", len(got), len(one))
	}
}

// TestTagsAroundFLAC puts before and behind a stream what taggers do.
func TestTagsAroundFLAC(t *testing.T) {
	data := goldenFile(t, "16-bit.flac")
	want := decode(t, "flac", data).Samples
	f := func(what string, parts ...any) {
		t.Helper()
		file := join(parts...)
		sig, err := decodeWhole(t.Context(), "flac", bytes.NewReader(file))
		if err != nil || !slices.Equal(sig.Samples, want) {
			t.Errorf("%s: %v", what, err)
		}
		if format, err := Find(bytes.NewReader(file)); format != "flac" || err != nil {
			t.Errorf("%s: found to be %q, %v", what, format, err)
		}
	}
	ape := join("APETAGEX\xd0\x07\x00\x00\x40\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\xa0", make([]byte, 72))
	id3 := join("ID3\x04\x00\x00\x00\x00\x00\x20", make([]byte, 32))
	f("ID3v2 before", id3, data)
	f("ID3v2 twice", id3, id3, data)
	f("ID3v2 of a wrong size", "ID3\x04\x00\x00\x00\x00\x00\x05", make([]byte, 32), data)
	f("ID3v2 that claims more than the file", "ID3\x04\x00\x00\x7f\x7f\x7f\x7f", make([]byte, 32), data)
	f("APE before", ape, data)
	f("zeros before", make([]byte, 777), data)
	f("ID3v1 behind", data, "TAG", make([]byte, 125))
	f("APE and ID3v1 behind", data, ape, "TAG", make([]byte, 125))
	f("zeros behind", data, make([]byte, 1000))
	f("junk behind", data, "what is this?")
	for i := range 4 { // 36 bits of length after rate, channels and depth
		data[22+i] = 0
	}
	data[21] &= 0xf0
	f("an unknown length, zeros behind", data, make([]byte, 1000))
	f("an unknown length, ID3v1 behind", data, "TAG", make([]byte, 125))
	if sig, err := decodeWhole(t.Context(), "flac", bytes.NewReader(join(data, "what is this?"))); err == nil {
		t.Errorf("junk behind an unknown length: %d samples", len(sig.Samples))
	}
}

// TestTagsAroundMP3 does so for MP3.
func TestTagsAroundMP3(t *testing.T) {
	data := goldenFile(t, "22050.mp3")
	want := decode(t, "mp3", data).Samples
	f := func(what string, parts ...any) {
		t.Helper()
		if got := decode(t, "mp3", parts...).Samples; !slices.Equal(got, want) {
			t.Errorf("%s: %d samples, want %d", what, len(got), len(want))
		}
	}
	f("ID3v2 that claims less", "ID3\x03\x00\x00\x00\x00\x00\x10", make([]byte, 80000), data)
	f("ID3v2 that claims more than the file", "ID3\x03\x00\x00\x7f\x7f\x7f\x7f", make([]byte, 300), data)
	f("ID3v2 that claims some of the sound", "ID3\x03\x00\x00\x00\x00\x06\x00", make([]byte, 300), data)
	f("ID3v2 behind", data, "ID3\x03\x00\x00\x00\x00\x01\x00", make([]byte, 128))
	f("APE and ID3v1 behind", data, "APETAGEX", make([]byte, 100), "TAG", make([]byte, 125))
}

func TestOtherLayersAreUnsupported(t *testing.T) {
	frame := append([]byte("\xff\xfd\x84\x00"), make([]byte, 380)...)
	_, err := decodeWhole(t.Context(), "mp3", bytes.NewReader(bytes.Repeat(frame, 5)))
	if !errors.Is(err, ErrUnsupported) || !strings.Contains(err.Error(), "layer 2") {
		t.Errorf("layer II: %v", err)
	}
}

// canceling cancels a context at its n-th read.
type cancelling struct {
	io.ReadSeeker
	n      int
	cancel func()
}

func (c *cancelling) Read(p []byte) (int, error) {
	if c.n--; c.n == 0 {
		c.cancel()
	}
	return c.ReadSeeker.Read(p)
}

func TestContextEndsDecoding(t *testing.T) {
	for format, file := range map[string]string{"mp3": "44100-320.mp3", "flac": "16-bit.flac", "vorbis": "44100-stereo.ogg", "opus": "music-stereo.opus"} {
		ctx, cancel := context.WithCancel(t.Context())
		data := bytes.Repeat(goldenFile(t, file), 30)
		if format == "flac" {
			data = goldenFile(t, file)
		}
		r := &cancelling{bytes.NewReader(data), 2, cancel}
		if sig, err := decodeWhole(ctx, format, r); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v, %v", format, sig != nil, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := decodeWhole(ctx, "wav", bytes.NewReader(wavCases[0].file(make([]float32, 100)))); !errors.Is(err, context.Canceled) {
		t.Errorf("wav: %v", err)
	}
}
