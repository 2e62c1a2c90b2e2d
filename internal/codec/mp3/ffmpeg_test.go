package mp3

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// decodeAll decodes a stream and cuts it as its tag requires: interleaved samples, the rate
// and the number of channels.
func decodeAll(data []byte, mono bool) (x []float32, rate, channels int, err error) {
	r, d := NewReader(bytes.NewReader(data)), Decoder{Mono: mono}
	var tag Tag
	frames := 0
	for {
		f, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, 0, 0, err
		}
		if rate == 0 {
			rate, channels = f.Rate, d.Channels(f.Header)
			var ok bool
			if tag, ok = ParseTag(f.Header, f.Data); ok {
				continue
			}
		}
		s, _ := d.Decode(f.Header, f.Data)
		if x = append(x, s...); tag.Frames > 0 {
			if frames++; frames == tag.Frames {
				x = x[:max(0, len(x)-tag.Padding*channels)]
			}
		}
	}
	return x[min(len(x), tag.Skip*channels):], rate, channels, nil
}

// snr is the power of want over that of got-want, in dB.
func snr(got, want []float32) float64 {
	var e, p float64
	for i, w := range want {
		d := float64(got[i]) - float64(w)
		e += d * d
		p += float64(w) * float64(w)
	}
	return 10 * math.Log10(p/max(e, 1e-30))
}

// sounds are what the grid encodes: left and right at time t of seconds.
var sounds = map[string]func(rate, n int) [2][]float32{
	"tone": func(rate, n int) (x [2][]float32) {
		return fill(n, func(i int) (l, r float64) {
			t := float64(i) / float64(rate)
			l = 0.4*math.Sin(2*math.Pi*440*t) + 0.1*math.Sin(2*math.Pi*(300+900*t)*t)
			return l, 0.7*l + 0.1*math.Sin(2*math.Pi*1230*t)
		})
	},
	"clicks": func(rate, n int) (x [2][]float32) {
		rng := rand.New(rand.NewPCG(1, 2))
		at, level := 0, [2]float64{}
		return fill(n, func(i int) (l, r float64) {
			if i == at {
				at += rate/20 + rng.IntN(rate/8)
				level = [2]float64{rng.Float64() - 0.5, rng.Float64() - 0.5}
			}
			level[0], level[1] = level[0]*-0.8, level[1]*-0.7
			return level[0], level[1]
		})
	},
	"noise": func(rate, n int) (x [2][]float32) {
		rng := rand.New(rand.NewPCG(3, 4))
		return fill(n, func(int) (l, r float64) {
			m := rng.NormFloat64()
			return 0.1*m + 0.05*rng.NormFloat64(), 0.1*m + 0.05*rng.NormFloat64()
		})
	},
	"white": func(rate, n int) (x [2][]float32) {
		rng := rand.New(rand.NewPCG(7, 8))
		return fill(n, func(int) (l, r float64) { return 0.6*rng.Float64() - 0.3, 0 })
	},
	"speech": func(rate, n int) (x [2][]float32) {
		rng := rand.New(rand.NewPCG(5, 6))
		phase, a, b := 0.0, 0.0, 0.0
		return fill(n, func(i int) (l, r float64) {
			t := float64(i) / float64(rate)
			loud := max(0, math.Sin(2*math.Pi*3*t)) * max(0, math.Sin(2*math.Pi*0.7*t+0.5))
			if phase += (110 + 30*math.Sin(5*t)) / float64(rate); phase > 1 {
				phase--
				a += 0.5
			}
			a, b = 0.9*a-0.3*b+0.05*rng.NormFloat64()*loud, a
			return 0.5 * a * loud, 0.45*a*loud + 0.002*rng.NormFloat64()
		})
	},
}

func fill(n int, f func(i int) (l, r float64)) (x [2][]float32) {
	x[0], x[1] = make([]float32, n), make([]float32, n)
	for i := range n {
		l, r := f(i)
		x[0][i], x[1][i] = float32(l), float32(r)
	}
	return x
}

// lame encodes a sound with the given options of libmp3lame.
func lame(t *testing.T, file, sound string, rate, channels int, seconds float64, options ...string) {
	t.Helper()
	x := sounds[sound](rate, int(seconds*float64(rate)))
	var raw []byte
	for i := range x[0] {
		for ch := range channels {
			raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(x[ch][i]))
		}
	}
	args := []string{"-v", "error", "-y", "-f", "f32le", "-ar", fmt.Sprint(rate), "-ac", fmt.Sprint(channels), "-i", "-", "-c:a", "libmp3lame", "-threads", "1"}
	cmd := exec.Command("ffmpeg", append(append(args, options...), file)...)
	cmd.Stdin = bytes.NewReader(raw)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v: %s", options, err, out)
	}
}

// reference decodes a file with ffmpeg.
func reference(t *testing.T, file string) []float32 {
	t.Helper()
	raw, err := exec.Command("ffmpeg", "-v", "error", "-threads", "1", "-i", file, "-f", "f32le", "-").Output()
	if err != nil {
		t.Fatal(err)
	}
	x := make([]float32, len(raw)/4)
	for i := range x {
		x[i] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
	}
	return x
}

// limit is the least signal-to-noise ratio against ffmpeg, in dB.
const limit = 80

// gridded is what a grid found.
type gridded struct {
	files int
	worst float64
	where string
}

// point encodes one point of the grid and compares with ffmpeg.
func (g *gridded) point(t *testing.T, sound string, rate, channels int, seconds float64, options ...string) {
	t.Helper()
	name := fmt.Sprint(sound, rate, channels, options)
	file := filepath.Join(t.TempDir(), "x.mp3")
	lame(t, file, sound, rate, channels, seconds, options...)
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	want := reference(t, file)
	got, gotRate, gotChannels, err := decodeAll(data, false)
	if err != nil || gotRate != rate || gotChannels != channels || len(got) != len(want) {
		t.Errorf("%s: %d samples of %d channels at %d Hz, %v; want %d of %d at %d", name, len(got), gotChannels, gotRate, err, len(want), channels, rate)
		return
	}
	db := snr(got, want)
	if db < limit {
		t.Errorf("%s: %.1f dB against ffmpeg", name, db)
	}
	if g.files++; g.files == 1 || db < g.worst {
		g.worst, g.where = db, name
	}
	if channels == 2 {
		mean, _, _, err := decodeAll(data, true)
		if err != nil {
			t.Fatal(err)
		}
		half := make([]float32, len(want)/2)
		for i := range half {
			half[i] = 0.5 * (want[2*i] + want[2*i+1])
		}
		if db := snr(mean, half); len(mean) != len(half) || db < limit {
			t.Errorf("%s: the mean of %d samples, want %d, at %.1f dB", name, len(mean), len(half), db)
		}
	}
}

func needFFmpeg(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("ffmpeg"); err != nil {
		t.Skip("ffmpeg is not installed")
	}
}

// modes are the ways to code one and two channels.
var modes = []struct {
	name     string
	channels int
	options  []string
}{
	{"mono", 1, nil},
	{"stereo", 2, []string{"-joint_stereo", "0"}},
	{"joint", 2, []string{"-joint_stereo", "1"}},
}

// TestGrid compares with ffmpeg at every sampling rate, in every mode. The full
// grid is TestFullGrid, behind the build tag slow.
func TestGrid(t *testing.T) {
	needFFmpeg(t)
	var g gridded
	for i, rate := range allRates {
		for k, mode := range modes {
			options := append([]string{"-b:a", []string{"24k", "48k", "64k"}[(i+k)%3]}, mode.options...)
			if (i+k)%4 == 3 {
				options = append([]string{"-q:a", "4"}, mode.options...)
			}
			g.point(t, gridSounds[(i+k)%4], rate, mode.channels, 0.6, options...)
		}
	}
	t.Logf("%d files, the worst at %.1f dB: %s", g.files, g.worst, g.where)
}

var gridSounds = []string{"tone", "clicks", "noise", "speech"}

var allRates = []int{8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000}

// TestBandsOf24kHz encodes noise at 24 kHz and compares both ways to divide the bands with what was
// encoded: what it costs to do as ffmpeg does instead of as the standard and LAME do.
func TestBandsOf24kHz(t *testing.T) {
	needFFmpeg(t)
	file := filepath.Join(t.TempDir(), "x.mp3")
	const rate, seconds = 24000, 1
	lame(t, file, "white", rate, 1, seconds, "-b:a", "96k")
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	want := sounds["white"](rate, seconds*rate)[0]
	ours, _, _, err := decodeAll(data, false)
	if err != nil {
		t.Fatal(err)
	}
	old := longBands[4][18]
	longBands[4][18] = 332
	t.Cleanup(func() { longBands[4][18] = old })
	standard, _, _, err := decodeAll(data, false)
	if err != nil {
		t.Fatal(err)
	}
	a, b := snr(ours, want), snr(standard, want)
	t.Logf("divided at line 330: %.2f dB; at 332: %.2f dB", a, b)
	if a < b-6 {
		t.Errorf("divided at line 330 %.2f dB are left of %.2f dB", a, b)
	}
}
