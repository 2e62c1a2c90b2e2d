package explain

import (
	"math"
	"math/rand/v2"
	"slices"
)

// whiteNoise adds Gaussian noise whose power is the given number of decibels
// above the sound's own: minus the signal-to-noise ratio.
func whiteNoise(x []float32, _ int, decibels float64, rng *rand.Rand) []float32 {
	power := 0.0
	for _, v := range x {
		power += float64(v) * float64(v)
	}
	sd := math.Sqrt(power/float64(max(len(x), 1))) * math.Pow(10, decibels/20)
	out := make([]float32, len(x))
	for i, v := range x {
		out[i] = v + float32(sd*rng.NormFloat64())
	}
	return out
}

// clip cuts the loudest samples, the share given, down to the level below which
// the others are.
func clip(x []float32, _ int, share float64, _ *rand.Rand) []float32 {
	if share <= 0 || len(x) == 0 {
		return x
	}
	loud := make([]float32, len(x))
	for i, v := range x {
		loud[i] = max(v, -v)
	}
	slices.Sort(loud)
	top := loud[min(len(x)-1, int((1-share)*float64(len(x))))]
	out := make([]float32, len(x))
	for i, v := range x {
		out[i] = max(-top, min(top, v))
	}
	return out
}

// spanSeconds is the length of a dropped span: about a lost packet or two of a call.
const spanSeconds = 0.04

// dropSpans silences spans of 40 ms, each with the chance given.
func dropSpans(x []float32, rate int, chance float64, rng *rand.Rand) []float32 {
	out := slices.Clone(x)
	span := max(1, int(spanSeconds*float64(rate)))
	for from := 0; from < len(out); from += span {
		if rng.Float64() < chance {
			clear(out[from:min(len(out), from+span)])
		}
	}
	return out
}
