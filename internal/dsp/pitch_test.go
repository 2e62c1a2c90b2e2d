package dsp

import (
	"fmt"
	"math"
	"testing"
)

// buzz is a sound of falling harmonics, as a voice has them, under some noise.
func buzz(n, rate int, hz float64, hiss float32) []float32 {
	x := noise(n, 11)
	for i := range x {
		x[i] *= hiss
		for h := 1.0; h*hz < float64(rate)/2 && h <= 12; h++ {
			x[i] += float32(0.3 / h * math.Sin(2*math.Pi*h*hz*float64(i)/float64(rate)+h))
		}
	}
	return x
}

func TestPitchOnTones(t *testing.T) {
	const rate = 8000
	p := NewPitch(rate, 60, 500)
	f := func(kind string, x []float32, hz float64) {
		t.Helper()
		for from := 0; from+p.Block() < len(x); from += 333 {
			got, ap := p.At(x, from)
			if math.Abs(float64(got)-hz) > 0.01*hz || ap > 0.2 {
				t.Errorf("%s of %.1f Hz at %d: %.2f Hz, aperiodicity %.2f", kind, hz, from, got, ap)
			}
		}
	}
	for hz := 65.0; hz < 480; hz *= 1.03 {
		f("sine", tone(rate/4, rate, hz), hz)
		f("buzz", buzz(rate/4, rate, hz, 0), hz)
		f("noisy buzz", buzz(rate/4, rate, hz, 0.01), hz)
	}
}

func TestPitchIsTheDefinition(t *testing.T) {
	// The difference function, summed directly as in the paper's equation (6).
	p := NewPitch(8000, 60, 500)
	x := buzz(p.Block(), 8000, 173, 0.05)
	p.At(x, 0)
	var sum float64
	for lag := 1; lag <= p.maxLag; lag++ {
		var d float64
		for j := range p.Window {
			e := float64(x[j]) - float64(x[j+lag])
			d += e * e
		}
		sum += d
		if want := d * float64(lag) / sum; math.Abs(want-float64(p.diff[lag])) > 1e-4 {
			t.Fatalf("d'(%d) = %g, want %g", lag, p.diff[lag], want)
		}
	}
}

func TestPitchOfNothing(t *testing.T) {
	p := NewPitch(8000, 60, 500)
	if hz, ap := p.At(make([]float32, 1000), 0); hz != 0 || ap != 1 {
		t.Errorf("silence has pitch %g, aperiodicity %g", hz, ap)
	}
	if _, ap := p.At(nil, -5); ap != 1 {
		t.Errorf("no samples: aperiodicity %g", ap)
	}
	var sum float32
	x := noise(8000, 2)
	for from := 0; from < 7000; from += 100 {
		_, ap := p.At(x, from)
		sum += ap
	}
	if mean := sum / 70; mean < 0.35 {
		t.Errorf("white noise has a mean aperiodicity of %g", mean)
	}
	p.At([]float32{1}, -p.Block()-3) // past either end
	p.At([]float32{1}, 50)
}

func BenchmarkPitch(b *testing.B) {
	p := NewPitch(8000, 60, 500)
	x := buzz(p.Block(), 8000, 120, 0.01)
	b.Run(fmt.Sprint(p.fft.Len()), func(b *testing.B) {
		for b.Loop() {
			p.At(x, 0)
		}
	})
}
