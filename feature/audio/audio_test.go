package audio

import (
	"errors"
	"io/fs"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/feature"
	"github.com/fusor-ml/fusor/internal/codec/audiofile"
	"github.com/fusor-ml/fusor/internal/dsp"
	"github.com/fusor-ml/fusor/media"
)

// voice is a vowel-like sound: harmonics of a pitch that glides from one
// frequency to another, under formants at 700 and 1200 Hz, loud in the middle.
func voice(rate int, seconds, from, to float64) *dsp.Signal {
	n := int(float64(rate) * seconds)
	x := make([]float32, n)
	phase := 0.0
	for i := range x {
		u := float64(i) / float64(n)
		f := from * math.Pow(to/from, u)
		phase += 2 * math.Pi * f / float64(rate)
		var v float64
		for h := 1.0; h*f < 3400; h++ {
			a := 1/(1+math.Pow((h*f-700)/200, 2)) + 0.5/(1+math.Pow((h*f-1200)/200, 2)) + 0.02
			v += a * math.Sin(h*phase)
		}
		x[i] = float32(0.1 * v * math.Sin(math.Pi*u))
	}
	return &dsp.Signal{Rate: rate, Samples: x}
}

func extract(t *testing.T, v feature.View, item any) feature.Raw {
	t.Helper()
	raw, err := v.Extract(item)
	if err != nil {
		t.Fatal(err)
	}
	for i, x := range raw.Values {
		if x-x != 0 {
			t.Fatalf("%s: value %d is %g", v.Info().Name, i, x)
		}
	}
	return raw
}

func TestShapes(t *testing.T) {
	noise := rand.New(rand.NewPCG(1, 2))
	hiss := make([]float32, 30000)
	for i := range hiss {
		hiss[i] = float32(noise.NormFloat64())
	}
	for _, rate := range []int{4000, 8000, 11025, 16000, 44100, 96000} {
		for _, n := range []int{1, 2, 79, 80, 400, 5000, 30000} {
			for name, x := range map[string][]float32{"hiss": hiss[:n], "silence": make([]float32, n)} {
				snd := NewSound(&dsp.Signal{Rate: rate, Samples: x})
				for _, v := range Modality().Views() {
					raw := extract(t, v, snd)
					in := v.Info()
					want := map[string]int{"spectral": SpectralDim, "prosody": ProsodyDim, "sequence": SequenceDim, "utterance": UtteranceDim, "modulation": ModulationDim}[in.Name]
					ok := raw.Dim == want && len(raw.Values) == want && raw.Steps == 0
					if in.Shape == feature.Sequence {
						ok = raw.Dim == want && raw.Steps >= 1 && raw.Steps <= MaxSteps && len(raw.Values) == want*raw.Steps
					}
					if !ok {
						t.Errorf("%s of %d samples of %s at %d Hz: %d values, width %d, %d steps", in.Name, n, name, rate, len(raw.Values), raw.Dim, raw.Steps)
					}
				}
			}
		}
	}
	for _, v := range Modality().Views() {
		if raw := extract(t, v, NewSound()); !raw.Absent() {
			t.Errorf("%s of nothing is not absent", v.Info().Name)
		}
		if _, err := v.Extract("text"); err == nil {
			t.Errorf("%s took a string", v.Info().Name)
		}
	}
}

// distance is the root mean square difference.
func distance(a, b []float32) float64 {
	var sum float64
	for i := range a {
		sum += float64(a[i]-b[i]) * float64(a[i]-b[i])
	}
	return math.Sqrt(sum / float64(len(a)))
}

func TestRatesAreComparable(t *testing.T) {
	// The same voice, recorded at several rates, is nearer to itself than to another voice.
	base := NewSound(voice(8000, 0.8, 120, 180))
	for _, v := range Modality().Views() {
		a := extract(t, v, base).Values
		other := voice(8000, 0.8, 180, 120)
		if v == (Modulation{}) { // which hears movement, not its direction
			other = voice(8000, 0.8, 220, 80)
		}
		apart := distance(a, extract(t, v, NewSound(other)).Values)
		for _, rate := range []int{11025, 16000, 22050, 44100, 48000} {
			b := extract(t, v, NewSound(voice(rate, 0.8, 120, 180))).Values
			if len(a) != len(b) {
				t.Errorf("%s at %d Hz: %d values, at 8000 Hz %d", v.Info().Name, rate, len(b), len(a))
			} else if d := distance(a, b); d > 0.2*apart {
				t.Errorf("%s at %d Hz is %.3g from that at 8000 Hz; another voice is %.3g away", v.Info().Name, rate, d, apart)
			}
		}
	}
}

func TestLoudnessAndSilenceDoNotMatter(t *testing.T) {
	sig := voice(8000, 0.8, 140, 170)
	quiet := &dsp.Signal{Rate: 8000, Samples: make([]float32, 4000, 20000)} // half a second of silence at either end
	for _, v := range sig.Samples {
		quiet.Samples = append(quiet.Samples, v/50)
	}
	quiet.Samples = append(quiet.Samples, make([]float32, 4000)...)
	for _, v := range Modality().Views() {
		a, b := extract(t, v, NewSound(sig)).Values, extract(t, v, NewSound(quiet)).Values
		if len(a) != len(b) || distance(a, b) > 0.15 { // MFCC have deviations of 5 to 10
			t.Errorf("%s changes by %.3g (%d and %d values)", v.Info().Name, distance(a, b), len(a), len(b))
		}
	}
}

func TestProsodyHearsThePitch(t *testing.T) {
	for _, rate := range []int{8000, 44100} {
		up, down := extract(t, Prosody{}, voice(rate, 1, 100, 200)).Values, extract(t, Prosody{}, voice(rate, 1, 200, 100)).Values
		if mid := math.Exp(float64(up[4])); math.Abs(mid-math.Sqrt(2)*100) > 8 {
			t.Errorf("the median pitch is %.1f Hz, want about 141", mid)
		}
		if up[10] < 0.4 || down[10] > -0.4 { // over an octave, ln 2 but for the trimmed ends
			t.Errorf("the trends are %.2f and %.2f", up[10], down[10])
		}
		if up[11] < 0.9 {
			t.Errorf("only %.2f of the voice is voiced", up[11])
		}
	}
	r := rand.New(rand.NewPCG(3, 4))
	hiss := make([]float32, 8000)
	for i := range hiss {
		hiss[i] = float32(0.1 * r.NormFloat64())
	}
	if v := extract(t, Prosody{}, &dsp.Signal{Rate: 8000, Samples: hiss}).Values; v[11] > 0.2 {
		t.Errorf("%.2f of white noise is voiced", v[11])
	}
}

func TestChroma(t *testing.T) {
	for class, hz := range map[int]float64{9: 440, 0: 523.25, 4: 659.26, 7: 392} {
		for _, rate := range []int{8000, 16000} {
			x := make([]float32, rate/2)
			for i := range x {
				x[i] = float32(math.Sin(2 * math.Pi * hz * float64(i) / float64(rate)))
			}
			c, _ := chroma(x, rate)
			if best := slices.Index(c[:], slices.Max(c[:])); best != class || c[best] < 0.8 {
				t.Errorf("%g Hz at %d Hz: class %d with %.2f, want %d", hz, rate, best, c[best], class)
			}
		}
	}
}

func TestSegmentsKeepTheMean(t *testing.T) {
	for n := 1; n < 40; n++ {
		x := make([]float32, 2*n)
		var mean float64
		for i := range n {
			x[2*i], x[2*i+1] = float32(i*i%7), 3
			mean += float64(x[2*i]) / float64(n)
		}
		s := segments(nil, x, 2, 10, nil)
		var got float64
		for i := range 10 {
			got += float64(s[2*i]) / 10
			if math.Abs(float64(s[2*i+1])-3) > 1e-5 {
				t.Errorf("%d frames: part %d of a constant 3 is %g", n, i, s[2*i+1])
			}
		}
		if math.Abs(got-mean) > 1e-5 {
			t.Errorf("%d frames: mean %g, want %g", n, got, mean)
		}
	}
}

func writeWAV(t *testing.T, dir, name string, sig *dsp.Signal) {
	t.Helper()
	f, err := os.Create(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := audiofile.WriteWAV(f, sig); err != nil {
		t.Fatal(err)
	}
}

func TestOpen(t *testing.T) {
	dir := t.TempDir()
	a, b := voice(8000, 0.3, 100, 120), voice(16000, 0.2, 200, 220)
	writeWAV(t, dir, "a.wav", a)
	writeWAV(t, dir, "b.wav", b)
	m := Modality()
	item, err := m.Open(t.Context(), &dataset.Cell{Files: []string{"a.wav", "b.wav"}}, nil, media.Folder{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	if s := item.(*Sound).Signal; s.Rate != 8000 || len(s.Samples) != 2400+1600 {
		t.Errorf("two files: %d samples at %d Hz, want 4000 at 8000", len(s.Samples), s.Rate)
	}
	if _, err := m.Open(t.Context(), &dataset.Cell{Files: []string{"a.wav", "c.wav"}}, nil, media.Folder{Dir: dir}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing file: %v", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "t.wav"), []byte("text"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := m.Open(t.Context(), &dataset.Cell{Files: []string{"t.wav"}}, nil, media.Folder{Dir: dir}); err == nil || !strings.HasPrefix(err.Error(), "t.wav: not a sound file") {
		t.Errorf("a text: %v", err)
	}
	long := &dsp.Signal{Rate: 1000, Samples: make([]float32, 400_000)}
	writeWAV(t, dir, "long.wav", long)
	if _, err := m.Open(t.Context(), &dataset.Cell{Files: []string{"long.wav", "long.wav"}}, nil, media.Folder{Dir: dir}); err == nil || !strings.Contains(err.Error(), "together") {
		t.Errorf("800 s in two files: %v", err)
	}
}

func TestJoiningLeavesPartsAlone(t *testing.T) {
	a := &dsp.Signal{Rate: 8000, Samples: make([]float32, 100, 200)}
	b := &dsp.Signal{Rate: 8000, Samples: []float32{1, 2, 3}}
	NewSound(a, b)
	if spare := a.Samples[:103]; spare[100] != 0 {
		t.Error("the second part was written into the first one's memory")
	}
}

func TestExtractIsDeterministicAndConcurrent(t *testing.T) {
	sig := voice(22050, 0.7, 110, 150)
	want := make([]feature.Raw, len(Modality().Views()))
	for i, v := range Modality().Views() {
		want[i] = extract(t, v, NewSound(sig))
	}
	snd := NewSound(sig)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for i, v := range Modality().Views() {
				got, err := v.Extract(snd)
				if err != nil || !slices.Equal(got.Values, want[i].Values) {
					t.Errorf("%s differs (%v)", v.Info().Name, err)
				}
			}
		})
	}
	wg.Wait()
}
