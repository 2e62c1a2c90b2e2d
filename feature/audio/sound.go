package audio

import (
	"sync"

	"github.com/fusor-ml/fusor/internal/dsp"
)

// Sound is an opened cell: a mono sound at the analysis rate. What the views share, the cepstra and
// the chroma, is computed once, when the first view asks for it.
type Sound struct {
	Signal dsp.Signal // Rate is 8000 or 16000

	parts  []*dsp.Signal // that Signal was made of; nil: it is all there is
	once   sync.Once
	speech *speech

	chromaOnce               sync.Once
	chromaMean, chromaSpread [pitchClasses]float32
}

// Samples returns the sound at a rate: of the decoded parts, where Signal has another one.
func (s *Sound) Samples(rate int) []float32 {
	if s.Signal.Rate == rate || s.parts == nil {
		return dsp.Resample(s.Signal.Samples, s.Signal.Rate, rate)
	}
	var x []float32
	for _, p := range s.parts {
		x = append(x, dsp.Resample(p.Samples, p.Rate, rate)...)
	}
	return x
}

// NewSound joins signals, in order, into the sound that the views take. It
// works at 16 kHz if every part has at least that rate, else at 8 kHz.
func NewSound(parts ...*dsp.Signal) *Sound {
	rate := wideRate
	for _, p := range parts {
		if p.Rate < wideRate {
			rate = narrowRate
		}
	}
	s := &Sound{Signal: dsp.Signal{Rate: rate}, parts: parts}
	for _, p := range parts {
		x := dsp.Resample(p.Samples, p.Rate, rate)
		if s.Signal.Samples == nil {
			s.Signal.Samples = x[:len(x):len(x)] // appending copies: x may be the part's own memory
		} else {
			s.Signal.Samples = append(s.Signal.Samples, x...)
		}
	}
	return s
}

// analysis returns the frames and cepstra; nil if the sound is empty.
func (s *Sound) analysis() *speech {
	s.once.Do(func() {
		if len(s.Signal.Samples) > 0 {
			s.speech = level(analyze(s.Signal.Samples, s.Signal.Rate))
		}
	})
	return s.speech
}

// chroma returns the mean and the deviation of the chroma of what is heard; there must be a sound.
func (s *Sound) chroma() (mean, dev []float32) {
	s.chromaOnce.Do(func() { s.chromaMean, s.chromaSpread = chroma(s.heard(), s.Signal.Rate) })
	return s.chromaMean[:], s.chromaSpread[:]
}
