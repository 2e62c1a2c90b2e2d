package audiofile

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/fusor-ml/fusor/internal/dsp"
)

// TestCases decodes the cases of ../shared/cases, which other decoders read. The
// wanted values are those of ffmpeg; its sounds of two channels are the mean of both.
func TestCases(t *testing.T) {
	dir := filepath.Join("..", "..", "..", "..", "shared", "cases")
	if _, err := os.Stat(dir); err != nil {
		t.Skip("../shared/cases is not there")
	}
	f := func(name, format string, samples, rate int, rms float64) {
		t.Helper()
		data, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
		if err != nil {
			t.Error(err)
			return
		}
		sig, err := decodeWhole(t.Context(), format, bytes.NewReader(data))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			return
		}
		if len(sig.Samples) != samples || sig.Rate != rate || math.Abs(level(sig)-rms) > 0.0006 {
			t.Errorf("%s: %d samples at %d Hz of level %.4f, want %d at %d of %.4f", name, len(sig.Samples), sig.Rate, level(sig), samples, rate, rms)
		}
		if format == "mp3" || format == "flac" {
			if found, err := Find(bytes.NewReader(data)); err != nil || found != format {
				t.Errorf("%s: found to be %q, %v", name, found, err)
			}
		}
	}
	f("mp3-22050-padding/sound.mp3", "mp3", 33075, 22050, 0.1435)
	f("mp3-cut-or-ape-start/radio.mp3", "mp3", 62208, 44100, 0.0951)
	f("mp3-id3-length-lies/cover.mp3", "mp3", 67968, 44100, 0.0991)
	f("mp3-leading-junk/lead.mp3", "mp3", 67968, 44100, 0.0991)
	f("mp3-rate-change/joined.mp3", "mp3", 137088, 44100, 0.0992) // ffmpeg drops half a frame where the rate changes
	f("mp3-stereo-transients/clicks.mp3", "mp3", 144000, 48000, 0.0163)
	f("ogg-chained/chained.ogg", "vorbis", 132300, 44100, 0.1516) // ffmpeg leaves 128 samples too many at the end of the first link
	f("wav-size-zero/crash.wav", "wav", 16000, 16000, 0.1639)
	f("wav-stream-size/pipe.wav", "wav", 16000, 16000, 0.1639)
	f("flac-trailing-tag/tagged.flac", "flac", 66150, 44100, 0.1064)
}

// level is the root of the mean square.
func level(s *dsp.Signal) float64 {
	sum := 0.0
	for _, v := range s.Samples {
		sum += float64(v) * float64(v)
	}
	return math.Sqrt(sum / float64(len(s.Samples)))
}
