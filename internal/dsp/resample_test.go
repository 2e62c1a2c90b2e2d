package dsp

import (
	"fmt"
	"math"
	"testing"

	"pgregory.net/rapid"
)

func tone(n, rate int, hz float64) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(math.Sin(2 * math.Pi * hz * float64(i) / float64(rate)))
	}
	return x
}

// level is the power of the middle of x in dB against a full sine.
func level(x []float32) float64 {
	x = x[len(x)/4 : len(x)*3/4]
	var e float64
	for _, v := range x {
		e += float64(v) * float64(v)
	}
	return 10 * math.Log10(2*e/float64(len(x))+1e-30)
}

func TestResampleBands(t *testing.T) {
	for _, c := range []struct{ from, to int }{{44100, 16000}, {48000, 16000}, {22050, 8000}, {8000, 16000}, {44100, 48000}, {44101, 16000}, {95999, 16000}} {
		edge := float64(min(c.from, c.to)) / 2
		for _, f := range []float64{0.02, 0.3, 0.6, 0.8} {
			y := Resample(tone(c.from, c.from, f*edge), c.from, c.to)
			want := tone(len(y), c.to, f*edge)
			for i := len(y) / 4; i < len(y)*3/4; i++ {
				if d := math.Abs(float64(y[i] - want[i])); d > 1e-3 {
					t.Fatalf("%d -> %d: %g Hz is off by %.2g at sample %d", c.from, c.to, f*edge, d, i)
				}
			}
		}
		if c.to < c.from { // what lies above the new Nyquist frequency must be gone, not folded
			for _, f := range []float64{1.001, 1.1, 1.3, 1.7} {
				if f*edge*2 > float64(c.from) {
					continue
				}
				y := Resample(tone(c.from, c.from, f*edge), c.from, c.to)
				if db := level(y); db > -80 {
					t.Errorf("%d -> %d: stop band at %.0f Hz is %.1f dB", c.from, c.to, f*edge, db)
				}
			}
		} else { // images: the spectrum above the old Nyquist frequency stays empty
			f := NewFFT(8192)
			x := Resample(tone(c.from, c.from, 0.6*edge), c.from, c.to)[1000:][:8192]
			for i, w := range Hann(8192) {
				x[i] *= w
			}
			p := f.Power(nil, x)
			top := p[int(0.6*edge/float64(c.to)*8192+0.5)]
			for k := int(edge / float64(c.to) * 8192); k < len(p); k++ {
				if db := 10 * math.Log10(float64(p[k]/top)+1e-30); db > -80 {
					t.Fatalf("%d -> %d: image at bin %d is %.1f dB", c.from, c.to, k, db)
				}
			}
		}
	}
}

func TestResampleLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		from := rapid.IntRange(100, 50000).Draw(t, "from")
		to := rapid.SampledFrom([]int{8000, 16000}).Draw(t, "to")
		n := rapid.IntRange(0, 300).Draw(t, "n")
		y := Resample(make([]float32, n), from, to)
		want := int(math.Ceil(float64(n) * float64(to) / float64(from)))
		if len(y) != want || len(y) != ResampledLen(n, from, to) {
			t.Fatalf("%d samples at %d become %d at %d, want %d", n, from, len(y), to, want)
		}
		for _, v := range y {
			if v != 0 {
				t.Fatal("silence became sound")
			}
		}
	})
}

func TestResampleTablesStaySmall(t *testing.T) {
	for from := 1000; from < 384000; from += 28657 {
		for _, to := range []int{8000, 16000} {
			g := gcd(from, to)
			if n := len(newPolyphase(to/g, from/g).rows); n > 2*maxTable {
				t.Errorf("%d -> %d takes a table of %d values", from, to, n)
			}
		}
	}
}

func TestResampleKeepsConstants(t *testing.T) {
	x := make([]float32, 3000)
	for i := range x {
		x[i] = 0.5
	}
	y := Resample(x, 11025, 8000)
	for i := len(y) / 3; i < len(y)*2/3; i++ {
		if math.Abs(float64(y[i])-0.5) > 1e-5 {
			t.Fatalf("sample %d is %g", i, y[i])
		}
	}
}

func BenchmarkResample(b *testing.B) {
	for _, from := range []int{8000, 44100, 48000} {
		b.Run(fmt.Sprint(from), func(b *testing.B) {
			x := noise(from, 1)
			for b.Loop() {
				Resample(x, from, 16000)
			}
		})
	}
}
