package audiofile

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// coding is a row of the grid: how ffmpeg is to code, and how well the sound
// must agree with what it decodes.
type coding struct {
	format, ext string
	args        string
	rates       []int
	channels    []int
	limit       float64 // dB
}

var (
	anyRate   = []int{8000, 11025, 16000, 22050, 32000, 44100, 48000, 96000}
	opusRates = []int{8000, 12000, 16000, 24000, 48000}
)

// codings is the grid: each row is coded at its rates, of its channels, with
// each of the sounds. mp3 has a finer one of its own in internal/codec/mp3. Opus of
// speech alone is equal to the bit (docs/decisions/0052).
var codings = []coding{
	{"wav", "wav", "-c:a pcm_u8", anyRate, []int{1, 2, 6}, 120},
	{"wav", "wav", "-c:a pcm_s16le", anyRate, []int{1, 2, 6}, 120},
	{"wav", "wav", "-c:a pcm_s24le", anyRate, []int{1, 2, 6}, 120},
	{"wav", "wav", "-c:a pcm_s32le", anyRate, []int{1, 2, 6}, 120},
	{"wav", "wav", "-c:a pcm_f32le", anyRate, []int{1, 2, 6}, 120},
	{"wav", "wav", "-c:a pcm_f64le", anyRate, []int{1, 2, 6}, 120},
	{"wav", "wav", "-c:a pcm_alaw", anyRate, []int{1, 2}, 120},
	{"wav", "wav", "-c:a pcm_mulaw", anyRate, []int{1, 2}, 120},
	{"wav", "wav", "-c:a pcm_s16le -rf64 always", anyRate, []int{1, 2}, 120},
	{"flac", "flac", "-c:a flac -sample_fmt s16 -compression_level 0", anyRate, []int{1, 2, 6}, 120},
	{"flac", "flac", "-c:a flac -sample_fmt s16 -compression_level 12", anyRate, []int{1, 2, 6}, 120},
	{"flac", "flac", "-c:a flac -sample_fmt s32 -compression_level 5", anyRate, []int{1, 2}, 120},
	{"mp3", "mp3", "-c:a libmp3lame -b:a 64k", anyRate[:7], []int{1, 2}, 80},
	{"mp3", "mp3", "-c:a libmp3lame -q:a 5 -write_xing 0", anyRate[:7], []int{1, 2}, 80},
	{"vorbis", "ogg", "-c:a libvorbis -q:a 1", anyRate[:7], []int{1, 2, 6}, 120},
	{"vorbis", "ogg", "-c:a libvorbis -q:a 6", anyRate[:7], []int{1, 2, 6}, 120},
	{"opus", "opus", "-c:a libopus -b:a 8k", opusRates, []int{1, 2}, 120},
	{"opus", "opus", "-c:a libopus -b:a 10k -application voip -frame_duration 60", opusRates, []int{1, 2}, 120},
	{"opus", "opus", "-c:a libopus -b:a 32k -cutoff 8000 -fec 1 -packet_loss 20", opusRates, []int{1, 2}, 120},
	{"opus", "opus", "-c:a libopus -b:a 20k -cutoff 6000 -frame_duration 10", opusRates, []int{1, 2}, 110},
	{"opus", "opus", "-c:a libopus -b:a 16k", opusRates, []int{1, 2}, 110},
	{"opus", "opus", "-c:a libopus -b:a 24k -application voip -frame_duration 10", opusRates, []int{1, 2}, 110},
	{"opus", "opus", "-c:a libopus -b:a 32k", opusRates, []int{1, 2}, 110},
	{"opus", "opus", "-c:a libopus -b:a 96k", opusRates, []int{1, 2}, 110},
	{"opus", "opus", "-c:a libopus -b:a 48k -application lowdelay", opusRates, []int{1, 2}, 110},
	{"opus", "opus", "-c:a libopus -b:a 64k -application lowdelay -frame_duration 2.5", opusRates, []int{1, 2}, 110},
	{"opus", "opus", "-c:a libopus -b:a 64k -vbr off -frame_duration 5 -compression_level 0", opusRates, []int{1, 2}, 110},
	{"opus", "opus", "-c:a libopus -b:a 256k -vbr constrained -frame_duration 60", opusRates, []int{1, 2}, 110},
	{"opus", "opus", "-c:a libopus -b:a 160k", []int{48000}, []int{6}, 110},
	{"wav", "wav", "-c:a adpcm_ms", anyRate, []int{1, 2}, 120},
	{"wav", "wav", "-c:a adpcm_ms -block_size 256", anyRate, []int{1, 2}, 120},
	{"wav", "wav", "-c:a adpcm_ima_wav", anyRate, []int{1, 2}, 120},
	{"wav", "wav", "-c:a adpcm_ima_wav -block_size 256", anyRate, []int{1, 2}, 120},
}

// gridSounds are what is coded, each channel in its own way.
var gridSounds = []struct {
	name string
	make func(rate, channels, n int) []float32
}{
	{"tone", func(rate, channels, n int) []float32 {
		return interleaved(channels, n, func(ch, i int) float64 {
			t := float64(i) / float64(rate)
			return 0.3*math.Sin(2*math.Pi*(300+500*t+40*float64(ch))*t) + 0.05*math.Sin(2*math.Pi*1800*t)
		})
	}},
	{"clicks", func(rate, channels, n int) []float32 {
		rng := rand.New(rand.NewPCG(1, 2))
		level := make([]float64, channels)
		return interleaved(channels, n, func(ch, i int) float64 {
			if rng.IntN(rate/9) == 0 {
				level[ch] = rng.Float64() - 0.5
			}
			level[ch] *= -0.8
			return level[ch]
		})
	}},
	{"noise", func(_, channels, n int) []float32 {
		rng := rand.New(rand.NewPCG(3, 4))
		return interleaved(channels, n, func(_, _ int) float64 { return 0.15 * rng.NormFloat64() })
	}},
	{"speech", func(rate, channels, n int) []float32 {
		rng := rand.New(rand.NewPCG(5, 6))
		var a, b float64
		pitch := rate / 120
		return interleaved(channels, n, func(ch, i int) float64 {
			if ch > 0 {
				return 0.9 * a * max(0, math.Sin(20*float64(i)/float64(rate)))
			}
			push := 0.02 * rng.NormFloat64()
			if i%pitch == 0 {
				push += 0.4
			}
			a, b = 1.2*a-0.5*b+push, a
			return a * max(0, math.Sin(20*float64(i)/float64(rate)))
		})
	}},
}

func interleaved(channels, n int, f func(ch, i int) float64) []float32 {
	x := make([]float32, 0, channels*n)
	for i := range n {
		for ch := range channels {
			x = append(x, float32(max(-1, min(1, f(ch, i)))))
		}
	}
	return x
}

// encode codes a sound with ffmpeg.
func encode(t *testing.T, file, args string, rate, channels int, x []float32) {
	t.Helper()
	all := []string{"-v", "error", "-y", "-f", "f32le", "-ar", fmt.Sprint(rate), "-ac", fmt.Sprint(channels), "-i", "-"}
	cmd := exec.Command("ffmpeg", append(append(all, strings.Fields(args)...), "-bitexact", file)...)
	var raw bytes.Buffer
	binary.Write(&raw, binary.LittleEndian, x) //nolint:errcheck // to memory
	cmd.Stdin = &raw
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s of %d channels at %d Hz: %v: %s", args, channels, rate, err, out)
	}
}

// reference is the mean of the channels that ffmpeg decodes of n samples. Opus is
// decoded by libopus, as ffmpeg resamples the speech modes in its own way. Where
// Vorbis ends some versions of ffmpeg do not know, so that n decides.
func reference(t *testing.T, format, file string, channels, n int) []float32 {
	t.Helper()
	args := []string{"-v", "error", "-i", file, "-f", "f32le", "-"}
	switch format {
	case "opus":
		args = append([]string{"-c:a", "libopus", "-request_sample_fmt", "flt"}, args...)
	case "vorbis":
		args = append([]string{"-flags2", "+skip_manual"}, args...)
	}
	decoded, err := exec.Command("ffmpeg", args...).Output()
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	want := make([]float32, len(decoded)/4/channels)
	for i := range want {
		for k := range channels {
			want[i] += math.Float32frombits(binary.LittleEndian.Uint32(decoded[4*(i*channels+k):])) / float32(channels)
		}
	}
	if format == "vorbis" {
		want = want[:min(n, len(want))]
	}
	return want
}

// point codes and decodes one point of the grid and returns the signal-to-noise
// ratio against ffmpeg.
func (c *coding) point(t *testing.T, dir string, rate, channels, sound int) float64 {
	t.Helper()
	s := gridSounds[sound]
	name := fmt.Sprintf("%s %d Hz %d channels %s", c.args, rate, channels, s.name)
	file := filepath.Join(dir, "x."+c.ext)
	encode(t, file, c.args, rate, channels, s.make(rate, channels, rate/2))
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	want := reference(t, c.format, file, channels, rate/2)
	wantRate := rate
	if c.format == "opus" {
		wantRate = 48000
	}
	got, err := decodeWhole(t.Context(), c.format, bytes.NewReader(data))
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return 0
	}
	raws := sink{seconds: MaxSeconds}
	raws.ctx = context.Background()
	if err := decoders[c.format](bytes.NewReader(data), &raws); err != nil || c.format != "mp3" && raws.channels != channels {
		t.Errorf("%s: %d channels, %v", name, raws.channels, err)
	}
	if len(got.Samples) != len(want) || got.Rate != wantRate {
		t.Errorf("%s: %d samples at %d Hz, ffmpeg %d at %d", name, len(got.Samples), got.Rate, len(want), wantRate)
	}
	db := -10 * math.Log10(max(noiseAt(got.Samples, want), 1e-20))
	if db < c.limit {
		t.Errorf("%s: %.1f dB against ffmpeg, want %g", name, db, c.limit)
	}
	return db
}

func needFFmpeg(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("ffmpeg"); err != nil {
		t.Skip("ffmpeg is not installed")
	}
}

// TestGrid goes through the grid along a diagonal: every coding at two of its
// rates, of its channels, with another sound each. TestFullGrid, behind the
// build tag slow, takes every point.
func TestGrid(t *testing.T) {
	needFFmpeg(t)
	dir := t.TempDir()
	for i, c := range codings {
		worst := math.Inf(1)
		for k := range 2 {
			rate := c.rates[(3*i+k*len(c.rates)/2)%len(c.rates)]
			worst = min(worst, c.point(t, dir, rate, c.channels[(i+k)%len(c.channels)], (i+2*k)%len(gridSounds)))
		}
		t.Logf("%-48s the worst at %.1f dB", c.args, worst)
	}
}
