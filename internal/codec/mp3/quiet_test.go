package mp3

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// noise is Gaussian noise with the deviation sigma.
func noise(seed uint64, sigma float64) func(rate, n int) [2][]float32 {
	return func(_, n int) [2][]float32 {
		rng := rand.New(rand.NewPCG(seed, 2))
		return fill(n, func(int) (l, r float64) { return sigma * rng.NormFloat64(), 0 })
	}
}

// TestTopmostFour compares noise at 24 kHz with ffmpeg, granule after granule. Where a region of
// code tables begins at the line that ffmpeg and the standard divide at differently, ffmpeg reads
// words that are none up to the topmost line, and the last reaches beyond the granule's bits.
func TestTopmostFour(t *testing.T) {
	needFFmpeg(t)
	sounds["noise3"] = noise(3, math.Pow(10, -1.5))
	t.Cleanup(func() { delete(sounds, "noise3") })
	file := filepath.Join(t.TempDir(), "x.mp3")
	lame(t, file, "noise3", 24000, 1, 3, "-b:a", "160k")
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	got, _, _, err := decodeAll(data, false)
	want := reference(t, file)
	if err != nil || len(got) != len(want) {
		t.Fatalf("%d samples, %v; want %d", len(got), err, len(want))
	}
	for i := 0; i+576 <= len(got); i += 576 {
		if db := snr(got[i:i+576], want[i:i+576]); db < 100 {
			t.Errorf("granule %d: %.1f dB against ffmpeg", i/576, db)
		}
	}
}

// TestQuiet compares quiet noise at a high bit rate, whose values are mostly escaped, with mpg123.
func TestQuiet(t *testing.T) {
	needFFmpeg(t)
	if _, err := exec.LookPath("mpg123"); err != nil {
		t.Skip("mpg123 is not installed")
	}
	for i, sigma := range []float64{0.1, 1e-3, 1e-4, 1e-5} {
		sounds["quiet"] = noise(uint64(i), sigma)
		file := filepath.Join(t.TempDir(), "x.mp3")
		lame(t, file, "quiet", 22050, 1, 1, "-b:a", "160k")
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		got, _, _, err := decodeAll(data, false)
		if err != nil {
			t.Fatal(err)
		}
		raw, err := exec.Command("mpg123", "-q", "-e", "f32", "--no-gapless", "-s", file).Output()
		if err != nil {
			t.Fatal(err)
		}
		const delay = 576 + 529 // of LAME and of the decoder
		want := make([]float32, len(raw)/4)
		for i := range want {
			want[i] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
		}
		want = want[min(delay, len(want)):]
		n := min(len(got), len(want))
		if n < 22050-delay {
			t.Fatalf("%d samples", n)
		}
		db := snr(got[:n], want[:n])
		t.Logf("noise of %g: %.1f dB against mpg123; ffmpeg has %.1f", sigma, db, snr(reference(t, file)[:n], want[:n]))
		if db < 110 {
			t.Errorf("noise of %g: %.1f dB against mpg123", sigma, db)
		}
	}
	delete(sounds, "quiet")
}
