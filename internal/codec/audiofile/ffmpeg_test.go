package audiofile

import (
	"bytes"
	"encoding/binary"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestAgainstFFmpeg encodes a sound with ffmpeg in many ways and decodes it twice.
func TestAgainstFFmpeg(t *testing.T) {
	ffmpeg, err := exec.LookPath("ffmpeg")
	if err != nil {
		t.Skip("ffmpeg is not installed")
	}
	dir := t.TempDir()
	src := filepath.Join(dir, "src.wav")
	f, err := os.Create(src)
	if err != nil {
		t.Fatal(err)
	}
	if err := WriteWAV(f, chirp()); err != nil {
		t.Fatal(err)
	}
	f.Close()
	for _, c := range []struct {
		name, format string
		limit        float64
		args         []string
	}{
		{"u8.wav", "wav", 1e-7, []string{"-c:a", "pcm_u8"}},
		{"s24.wav", "wav", 1e-7, []string{"-c:a", "pcm_s24le", "-ac", "2"}},
		{"s32.wav", "wav", 1e-7, []string{"-c:a", "pcm_s32le", "-ac", "6"}},
		{"f32.wav", "wav", 1e-7, []string{"-c:a", "pcm_f32le"}},
		{"f64.wav", "wav", 1e-7, []string{"-c:a", "pcm_f64le"}},
		{"alaw.wav", "wav", 1e-7, []string{"-c:a", "pcm_alaw"}},
		{"mulaw.wav", "wav", 1e-7, []string{"-c:a", "pcm_mulaw"}},
		{"a.flac", "flac", 1e-7, []string{"-c:a", "flac", "-ac", "2"}},
		{"b.flac", "flac", 1e-7, []string{"-c:a", "flac", "-sample_fmt", "s32", "-compression_level", "12"}},
		{"a.mp3", "mp3", 1e-6, []string{"-c:a", "libmp3lame", "-b:a", "64k", "-ar", "44100", "-ac", "2"}},
		{"b.mp3", "mp3", 1e-6, []string{"-c:a", "libmp3lame", "-q:a", "3"}},
		{"c.mp3", "mp3", 1e-6, []string{"-c:a", "libmp3lame", "-b:a", "96k", "-ar", "48000", "-write_xing", "0", "-metadata", "title=x"}},
		{"a.ogg", "vorbis", 1e-7, []string{"-c:a", "libvorbis", "-ac", "2", "-ar", "44100"}},
		{"b.ogg", "vorbis", 1e-7, []string{"-c:a", "libvorbis", "-ar", "8000"}},
		{"a.opus", "opus", 1e-3, []string{"-c:a", "libopus", "-b:a", "16k"}},
		{"b.opus", "opus", 1e-3, []string{"-c:a", "libopus", "-b:a", "64k", "-ac", "2"}},
		{"c.opus", "opus", 1e-3, []string{"-c:a", "libopus", "-b:a", "96k"}},
	} {
		file := filepath.Join(dir, c.name)
		args := append([]string{"-v", "error", "-y", "-i", src}, c.args...)
		if out, err := exec.Command(ffmpeg, append(args, file)...).CombinedOutput(); err != nil {
			t.Logf("%s: this ffmpeg cannot encode it: %s", c.name, out)
			continue
		}
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Decode(t.Context(), c.format, bytes.NewReader(data))
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		raw, err := exec.Command(ffmpeg, "-v", "error", "-i", file, "-f", "f32le", "-c:a", "pcm_f32le", "-").Output()
		if err != nil {
			t.Fatal(err)
		}
		channels := 1
		for i, a := range c.args {
			if a == "-ac" {
				channels = int(c.args[i+1][0] - '0')
			}
		}
		want := make([]float32, len(raw)/4/channels)
		for i := range want {
			for k := range channels {
				want[i] += math.Float32frombits(binary.LittleEndian.Uint32(raw[4*(i*channels+k):])) / float32(channels)
			}
		}
		// Some versions of ffmpeg end Vorbis at a block instead of where its last page says.
		slack := 2
		if c.format == "vorbis" {
			slack = 512
		}
		if d := len(got.Samples) - len(want); d < -slack || d > slack {
			t.Errorf("%s: %d samples, ffmpeg gives %d", c.name, len(got.Samples), len(want))
		}
		if e := noiseLevel(got.Samples, want); e > c.limit {
			t.Errorf("%s: noise of %.3g against ffmpeg, want at most %.3g", c.name, e, c.limit)
		}
	}
}
