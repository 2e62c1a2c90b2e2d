package audio

import (
	"encoding/json"

	"github.com/fusor-ml/fusor/feature"
)

// Sequence is the view of a sound in time: at most MaxSteps steps [T,
// SequenceDim] of 13 MFCC, their slopes, and the slopes' slopes.
//
// Frames of 10 ms are averaged, two at least and as many as it takes, into steps
// of equal length; the quiet ends are trimmed. From the MFCC half of their mean is taken away:
// all of it would take the only vowel of a short word with it, none would
// leave the microphone in.
type Sequence struct{}

var _ feature.View = Sequence{}

const (
	// MaxSteps is how long a sequence can be.
	MaxSteps = 100
	// SequenceDim is the width of a step.
	SequenceDim = 3 * cepstra

	minFramesPerStep = 2
)

// Info implements feature.View.
func (Sequence) Info() feature.Info {
	return feature.Info{
		Name: "sequence", Shape: feature.Sequence, Version: 1,
		Doc: "13 MFCC with first and second slopes every 20 ms (at most 100 steps), half mean-normalized",
	}
}

// Extract implements feature.View for a *[Sound].
func (Sequence) Extract(item any) (feature.Raw, error) {
	_, s, err := analyzed(item)
	if s == nil {
		return feature.Raw{}, err
	}
	n := s.to - s.from
	mfcc := s.mfcc[s.from*cepstra : s.to*cepstra]
	mean, _ := meanDev(mfcc, cepstra)
	per := max(minFramesPerStep, (n+MaxSteps-1)/MaxSteps)
	steps := (n + per - 1) / per
	out := make([]float32, steps*SequenceDim)
	for i := range steps {
		lo, hi := i*per, min(n, (i+1)*per)
		step := out[i*SequenceDim:][:SequenceDim]
		w := 1 / float32(hi-lo)
		for t := lo; t < hi; t++ {
			// The slopes' slopes over ±2 frames, from slopes that reach past the trimmed ends.
			p1, m1 := s.slope(t+1), s.slope(t-1)
			p2, m2 := s.slope(t+2), s.slope(t-2)
			d := s.slope(t)
			for k, v := range mfcc[t*cepstra : (t+1)*cepstra] {
				step[k] += w * (v - 0.5*mean[k])
				step[cepstra+k] += w * d[k]
				step[2*cepstra+k] += w * 0.1 * (p1[k] - m1[k] + 2*(p2[k]-m2[k]))
			}
		}
	}
	return feature.Raw{Values: out, Dim: SequenceDim, Steps: steps}, nil
}

// slope is the slope of frame t of the heard part.
func (s *speech) slope(t int) []float32 {
	t = max(0, min(s.n-1, s.from+t))
	return s.delta[t*cepstra : (t+1)*cepstra]
}

// NewFitter implements feature.View.
func (Sequence) NewFitter(s feature.Scaling) feature.Fitter { return feature.NewDense(s) }

// LoadState implements feature.View.
func (Sequence) LoadState(data json.RawMessage) (feature.State, error) {
	return feature.LoadDense(data)
}
