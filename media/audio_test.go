package media

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fusor-ml/fusor/internal/codec/audiofile"
	"github.com/fusor-ml/fusor/internal/dsp"
)

func wavBytes(t *testing.T, seconds float64) []byte {
	t.Helper()
	s := &dsp.Signal{Rate: 8000, Samples: make([]float32, int(8000*seconds))}
	for i := range s.Samples {
		s.Samples[i] = float32(0.5 * math.Sin(float64(i)/3))
	}
	var b bytes.Buffer
	if err := audiofile.WriteWAV(&b, s); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestReadAudio(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, data []byte) string {
		p := filepath.Join(dir, name)
		if err := os.WriteFile(p, data, 0o600); err != nil {
			t.Fatal(err)
		}
		return p
	}
	sig, err := ReadAudio(t.Context(), File(write("misnamed.jpg", wavBytes(t, 0.5))))
	if err != nil || sig.Rate != 8000 || len(sig.Samples) != 4000 {
		t.Errorf("WAV named .jpg: %v, %v", sig, err)
	}
	defer func(old func(context.Context, io.Reader) (*dsp.Signal, error)) { audioByProcess = old }(audioByProcess)
	audioByProcess = func(context.Context, io.Reader) (*dsp.Signal, error) { return nil, ErrNoAudioProcess }
	f := func(name string, data []byte, want string) {
		t.Helper()
		if _, err := ReadAudio(t.Context(), File(write(name, data))); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want an error with %q", name, err, want)
		}
	}
	f("empty.wav", nil, "empty")
	f("text.wav", []byte("this is a text\n"), "it is text")
	f("junk.wav", []byte{1, 2, 3, 4, 5, 0, 0, 9}, "no known format")
	f("silent.wav", wavBytes(t, 0), "no samples")
	f("cut.wav", wavBytes(t, 1)[:3000], "cut short")
	f("a.aac", []byte("\xff\xf1\x50\x80\x02\x1f\xfc\x00\x00\x00"), "needs ffmpeg")
	f("a.m4a", []byte("\x00\x00\x00\x20ftypM4A \x00\x00\x00\x00"), "needs ffmpeg")
	gsm := wavBytes(t, 0.1)
	gsm[20] = 0x31
	f("gsm.wav", gsm, "needs ffmpeg")
	if _, err := ReadAudio(t.Context(), File(filepath.Join(dir, "none.wav"))); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("missing file: %v", err)
	}
	audioByProcess = func(context.Context, io.Reader) (*dsp.Signal, error) { return &dsp.Signal{Rate: 1}, nil }
	if sig, err := ReadAudio(t.Context(), File(filepath.Join(dir, "gsm.wav"))); err != nil || sig.Rate != 1 {
		t.Errorf("GSM through the process: %v, %v", sig, err)
	}
}
