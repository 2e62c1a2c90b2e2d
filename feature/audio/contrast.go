package audio

import (
	"slices"

	"github.com/fusor-ml/fusor/internal/dsp"
)

const (
	contrastBands = 6 // octaves; the first begins with bin 1
	contrastFirst = 8 // bins in the first, which ends at 250 Hz
	contrastShare = 5 // a fifth of the bins is a peak or a valley
)

// contrast returns the spectral contrast of every heard frame, [frames, contrastBands]; that of 4
// to 8 kHz is 0 in a narrow sound. It transforms the frames once more, for no other view needs what
// lies between the peaks.
func (s *Sound) contrast() []float32 {
	pool, bands := narrowAnalyzers, contrastBands-1
	if s.Signal.Rate == wideRate {
		pool, bands = wideAnalyzers, contrastBands
	}
	a := pool.Get().(*analyzer)
	defer pool.Put(a)
	scale := a.scale / s.speech.peak
	n := s.speech.to - s.speech.from
	out := make([]float32, n*contrastBands)
	for t := range n {
		a.stft.Power(a.power, s.Signal.Samples, s.speech.from+t)
		at := 1
		for k := range bands {
			end := contrastFirst<<k + 1
			out[t*contrastBands+k] = contrastOf(a.power[at:end], scale)
			at = end
		}
	}
	return out
}

// contrastOf returns how far the peaks of a band rise above its valleys, in ln. It sorts power.
func contrastOf(power []float32, scale float32) float32 {
	slices.Sort(power)
	n := max(1, (len(power)+contrastShare/2)/contrastShare)
	var low, high float32
	for i := range n {
		low += power[i]
		high += power[len(power)-n+i]
	}
	w := scale / float32(n)
	return dsp.Log(high*w+floorPower) - dsp.Log(low*w+floorPower)
}
