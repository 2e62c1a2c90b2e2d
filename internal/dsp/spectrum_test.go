package dsp

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

func TestHannSumsToHalf(t *testing.T) {
	for _, n := range []int{4, 200, 400} {
		var sum float64
		for _, v := range Hann(n) {
			sum += float64(v)
		}
		if math.Abs(sum-float64(n)/2) > 1e-3 {
			t.Errorf("Hann(%d) sums to %g", n, sum)
		}
	}
}

func TestLog(t *testing.T) {
	for e := -120.0; e < 120; e += 0.0137 {
		x := float32(math.Exp2(e))
		want := math.Log(float64(x))
		if d := math.Abs(float64(Log(x)) - want); d > 3e-7+2e-7*math.Abs(want) {
			t.Fatalf("Log(%g) = %g, want %g", x, Log(x), want)
		}
	}
}

func TestMelScale(t *testing.T) {
	// Slaney's knee: 1000 Hz is 15 mel, 6400 Hz is 42.
	for hz, want := range map[float64]float64{0: 0, 200: 3, 1000: 15, 6400: 42} {
		if got := HzToMel(hz); math.Abs(got-want) > 1e-9 {
			t.Errorf("HzToMel(%g) = %g, want %g", hz, got, want)
		}
		if got := MelToHz(want); math.Abs(got-hz) > 1e-9 {
			t.Errorf("MelToHz(%g) = %g, want %g", want, got, hz)
		}
	}
}

func TestMelBankDenseIsApply(t *testing.T) {
	b := NewMelBank(MelConfig{Rate: 8000, FFT: 256, Bands: 23, Low: 20, High: 4000})
	power := noise(129, 3)
	got := make([]float32, 23)
	b.Apply(got, power)
	m := b.Dense()
	for k := range got {
		var want float64
		for i, p := range power {
			want += float64(p) * float64(m[k*129+i])
		}
		if math.Abs(want-float64(got[k])) > 1e-5 {
			t.Errorf("band %d: %g, want %g", k, got[k], want)
		}
	}
}

func TestDCTIsOrthonormal(t *testing.T) {
	const n = 40
	d := NewDCT(n, n)
	for i := range n {
		for j := range n {
			var dot, want float64
			for k := range n {
				dot += float64(d.basis[i*n+k]) * float64(d.basis[j*n+k])
			}
			if i == j {
				want = 1
			}
			if math.Abs(dot-want) > 1e-5 {
				t.Fatalf("rows %d and %d: %g, want %g", i, j, dot, want)
			}
		}
	}
	x, y := noise(n, 5), make([]float32, 13)
	NewDCT(n, 13).Apply(y, x)
	var want float64
	for i, v := range x {
		want += float64(v) * math.Sqrt(2.0/n) * math.Cos(math.Pi*(float64(i)+0.5)*3/n)
	}
	if math.Abs(want-float64(y[3])) > 1e-5 {
		t.Errorf("coefficient 3 is %g, want %g", y[3], want)
	}
}

func TestDeltaOfARampIsItsSlope(t *testing.T) {
	const frames = 12
	x, d := make([]float32, 2*frames), make([]float32, 2*frames)
	for i := range frames {
		x[2*i], x[2*i+1] = float32(3*i), 7
	}
	Delta(d, x, 2, 2)
	for i := 2; i < frames-2; i++ {
		if math.Abs(float64(d[2*i])-3) > 1e-6 || d[2*i+1] != 0 {
			t.Errorf("frame %d: %v, want [3 0]", i, d[2*i:2*i+2])
		}
	}
}

func TestReflect(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 50).Draw(t, "n")
		i := rapid.IntRange(-500, 500).Draw(t, "i")
		got := Reflect(i, n)
		if got < 0 || got >= n {
			t.Fatalf("Reflect(%d, %d) = %d", i, n, got)
		}
		if i >= 0 && i < n && got != i {
			t.Fatalf("Reflect(%d, %d) = %d moved an index inside", i, n, got)
		}
		if n > 1 && Reflect(-i, n) != got {
			t.Fatalf("Reflect(%d, %d) is not even", i, n)
		}
	})
}

func TestSTFTFindsATone(t *testing.T) {
	x := make([]float32, 4000)
	for i := range x {
		x[i] = float32(math.Sin(2 * math.Pi * 1000 * float64(i) / 8000))
	}
	s := NewSTFT(256, 200, 80)
	if got := s.Frames(len(x)); got != 51 {
		t.Fatalf("%d frames, want 51", got)
	}
	p := make([]float32, s.Bins())
	for f := range s.Frames(len(x)) {
		s.Power(p, x, f)
		best := 0
		for k, v := range p {
			if v > p[best] {
				best = k
			}
		}
		if f > 1 && f < 49 && best != 32 {
			t.Errorf("frame %d peaks at bin %d, want 32", f, best)
		}
	}
	for _, n := range []int{1, 2, 3} { // shorter than any window
		for f := range s.Frames(n) {
			s.Power(p, x[:n], f)
		}
	}
}
