package demo

import (
	"math"
	"math/rand/v2"
)

// Rate of the recordings, in samples per second.
const sampleRate = 16000

// chirps is a song of a few notes: rising or falling, low from a large bird, in wind.
func chirps(rng *rand.Rand, large, rising bool, seconds float64) []float32 {
	out := make([]float32, int(seconds*sampleRate))
	base := 1900.0
	if large {
		base = 900
	}
	base *= 0.92 + 0.16*rng.Float64()
	notes := 3 + rng.IntN(2)
	wind, loud := 0.0, 0.25+0.2*rng.Float64()
	hush := 0.04 + 0.05*rng.Float64()
	phase := 0.0
	for i := range out {
		t := float64(i) / float64(len(out)) * float64(notes)
		within := t - math.Floor(t)
		sweep := within
		if !rising {
			sweep = 1 - within
		}
		phase += 2 * math.Pi * base * (1 + 0.8*sweep) / sampleRate
		envelope := math.Max(0, math.Sin(math.Pi*within*1.25))
		if within > 0.8 {
			envelope = 0
		}
		wind += 0.08 * (rng.NormFloat64() - wind)
		v := loud*envelope*(math.Sin(phase)+0.25*math.Sin(2*phase)) + hush*(4*wind+rng.NormFloat64())
		out[i] = float32(max(-1, min(1, 0.7*v)))
	}
	return out
}
