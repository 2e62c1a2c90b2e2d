package celt

import (
	"math"
	"testing"
)

// TestConceal wants a sound that repeats and dies away to go on doing so, and
// what is lost for longer to become silent.
func TestConceal(t *testing.T) {
	const period = 231
	sound := func(i int) float64 {
		v := 0.0
		for h := 1.0; h < 9; h++ {
			v += math.Sin(2*math.Pi*h*float64(i)/period+h*h) / h
		}
		return 4000 * v * math.Exp(-float64(i)/3000)
	}
	d := NewDecoder(1)
	d.unsure = false
	for i := range past {
		d.signal[0][i] = float32(sound(i))
	}
	out := make([]float32, 960)
	d.Conceal(out, len(out), 0)
	if off := (d.pitch + period/2) % period; !near(off, period/2) {
		t.Errorf("the pitch period is %d, want %d or some of it", d.pitch, period)
	}
	var noise, energy float64
	for i := range 960 {
		want := sound(past + i)
		e := float64(d.signal[0][past-960+i]) - want
		noise += e * e
		energy += want * want
	}
	if db := 10 * math.Log10(energy/noise); db < 12 {
		t.Errorf("the sound goes on at %.1f dB, want 12", db)
	}
	d.background.fill(lowest)
	for range 40 { // only the noise of the background is left
		d.Conceal(out, len(out), 0)
	}
	for i, v := range out {
		if math.Abs(float64(v)) > 1e-3 {
			t.Fatalf("sample %d is %g after 0.8 s", i, v)
		}
	}
}
