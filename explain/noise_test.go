package explain

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/fusor-ml/fusor/internal/vision"
	"github.com/fusor-ml/fusor/media"
)

func stream(n uint64) *rand.Rand { return rand.New(rand.NewPCG(n, 9)) }

func TestEveryKindOfNoiseHasTheSameNumberOfLevels(t *testing.T) {
	for _, k := range []media.Kind{media.Text, media.Image, media.Audio, media.Video, media.Vector, media.Table} {
		ways := NoiseKinds(k)
		if len(ways) == 0 {
			t.Errorf("%s has no noise", k)
		}
		for _, d := range ways {
			if len(d.Levels) != levelCount || !slices.IsSorted(d.Levels) {
				t.Errorf("%s, %s: levels %v", k, d.Kind, d.Levels)
			}
			if !slices.Contains(Kinds(), d.Kind) {
				t.Errorf("%s: kind %q is not listed", k, d.Kind)
			}
			if _, err := d.apply(struct{}{}, d.Levels[5], stream(1), nil); err == nil {
				t.Errorf("%s, %s: took an item of another kind", k, d.Kind)
			}
		}
	}
}

func TestTextNoise(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.String().Draw(t, "text")
		chance := rapid.Float64Range(0, 1).Draw(t, "chance")
		for _, f := range []func(string, float64, *rand.Rand) string{typos, dropWords} {
			if f(s, 0, stream(1)) != s && utf8.ValidString(s) {
				t.Fatalf("no chance, yet %q became %q", s, f(s, 0, stream(1)))
			}
			got := f(s, chance, stream(1))
			if !utf8.ValidString(got) {
				t.Fatalf("%q became invalid", s)
			}
			if got != f(s, chance, stream(1)) {
				t.Fatal("not the same twice")
			}
		}
	})
	const text = "The quick brown fox jumps over the lazy dog; 快速的棕色狐狸跳过懒狗。"
	if got := dropWords(text, 1, stream(1)); strings.TrimSpace(got) != "" {
		t.Errorf("every word dropped leaves %q", got)
	}
	long := strings.Repeat(text, 40)
	changed := 0
	a, b := []rune(long), []rune(typos(long, 0.1, stream(1)))
	for i := range min(len(a), len(b)) { // shifted texts differ almost everywhere, so only the lengths are compared closely
		if a[i] != b[i] {
			changed++
		}
	}
	if changed == 0 || math.Abs(float64(len(b)-len(a))) > 0.05*float64(len(a)) {
		t.Errorf("typos: %d of %d characters differ, length %d", changed, len(a), len(b))
	}
	left := len(strings.Fields(dropWords(strings.Repeat("word ", 2000), 0.25, stream(1))))
	if left < 1400 || left > 1600 {
		t.Errorf("a quarter dropped of 2000 leaves %d", left)
	}
}

// picture is a colored pattern with detail.
func picture(gray bool) *vision.Image {
	const w, h = 40, 30
	rgb, y := make([]uint8, 3*w*h), make([]uint8, w*h)
	for i := range y {
		x, v := i%w, i/w
		y[i] = uint8(80 + 60*((x/3+v/3)%2))
		rgb[3*i], rgb[3*i+1], rgb[3*i+2] = y[i], uint8(4*x), uint8(6*v)
	}
	if gray {
		return vision.FromGray(w, h, y)
	}
	return vision.FromRGB(w, h, rgb)
}

func TestPictureNoiseGrows(t *testing.T) {
	for _, gray := range []bool{false, true} {
		for _, d := range pictureNoise() {
			item := wrapped{picture(gray)}
			last := -1.0
			for _, level := range d.Levels {
				got, err := d.apply(item, level, stream(3), nil)
				if err != nil {
					t.Fatal(err)
				}
				m := got.(wrapped).m
				if m.Width != 40 || m.Height != 30 || m.IsGray() != gray {
					t.Fatalf("%s: %d × %d, grey %v", d.Kind, m.Width, m.Height, m.IsGray())
				}
				diff := 0.0
				for i, v := range m.Y {
					diff += math.Abs(float64(v) - float64(item.m.Y[i]))
				}
				if level == 0 && diff > 0 {
					t.Errorf("%s, grey %v: level 0 changes the picture", d.Kind, gray)
				}
				if diff < last*0.98 {
					t.Errorf("%s, grey %v: level %g changes less (%g) than the one before (%g)", d.Kind, gray, level, diff, last)
				}
				last = diff
			}
			if last == 0 {
				t.Errorf("%s changes nothing", d.Kind)
			}
		}
	}
}

type wrapped struct{ m *vision.Image }

func (w wrapped) MapPictures(f func(*vision.Image) *vision.Image) any { return wrapped{f(w.m)} }

func TestSoundNoise(t *testing.T) {
	const rate = 8000
	x := make([]float32, 2*rate)
	for i := range x {
		x[i] = float32(0.5 * math.Sin(2*math.Pi*440*float64(i)/rate))
	}
	power := func(x []float32) float64 {
		p := 0.0
		for _, v := range x {
			p += float64(v) * float64(v)
		}
		return p / float64(len(x))
	}
	noisy := whiteNoise(x, rate, -10, stream(1))
	noise := make([]float32, len(x))
	for i := range x {
		noise[i] = noisy[i] - x[i]
	}
	if snr := 10 * math.Log10(power(x)/power(noise)); math.Abs(snr-10) > 0.3 {
		t.Errorf("white noise at 10 dB has %g dB", snr)
	}
	clipped := clip(x, rate, 0.4, stream(1))
	top, at := slices.Max(clipped), 0
	for _, v := range clipped {
		if v >= top || v <= -top {
			at++
		}
	}
	if share := float64(at) / float64(len(x)); math.Abs(share-0.4) > 0.02 {
		t.Errorf("clipping 40 %% clips %g", share)
	}
	zeros := 0
	for _, v := range dropSpans(x, rate, 0.5, stream(1)) {
		if v == 0 {
			zeros++
		}
	}
	if share := float64(zeros) / float64(len(x)); share < 0.3 || share > 0.7 {
		t.Errorf("half the spans dropped silences %g", share)
	}
	for _, f := range []func([]float32, int, float64, *rand.Rand) []float32{whiteNoise, clip, dropSpans} {
		if got := f(nil, rate, 0.5, stream(1)); len(got) != 0 {
			t.Errorf("of no sound %d samples", len(got))
		}
	}
}

func TestVectorNoiseIsInDeviations(t *testing.T) {
	v := make([]float32, 2000)
	dev := make([]float64, len(v))
	for i := range dev {
		dev[i] = 3
	}
	got, err := onVector(v, 2, stream(1), dev)
	if err != nil {
		t.Fatal(err)
	}
	sum := 0.0
	for _, x := range got.([]float32) {
		sum += float64(x) * float64(x)
	}
	if sd := math.Sqrt(sum / float64(len(v))); math.Abs(sd-6) > 0.4 {
		t.Errorf("two deviations of 3 gave %g", sd)
	}
}
