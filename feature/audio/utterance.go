package audio

import (
	"encoding/json"
	"math"

	"github.com/fusor-ml/fusor/feature"
)

// Utterance is the view of a spoken sentence as one vector [UtteranceDim]: what
// shows how it is said, where Spectral and Prosody also hold what shows one
// short sound from another. Videos have their sound track through it.
//
// Over the part in which something is heard, in this order:
//   - the long-term average spectrum: ln of each band's share of the power below
//     4 kHz, of 20 mel bands below and 8 above
//   - 8 log-mel bands of 4 to 8 kHz: mean, deviation
//   - the 13 MFCC's means over 5 equal stretches of time, less half of their mean over all
//   - centroid, 85 % roll-off, flatness and zero crossings: mean, deviation, 10 %
//     and 90 % quantile, and means over 5 stretches; then the deviations of their
//     changes, and of the energy's, from frame to frame
//   - spectral flux (mean absolute change of the log-mel bands): quantiles 20, 50, 80 %, mean,
//     deviation
//   - pitch, voicing, energy and duration as in [Prosody], without their course
type Utterance struct{}

var _ feature.View = Utterance{}

const (
	fluxStats      = 5
	utteranceParts = 5 // a sentence needs its course told less finely than a word
	// UtteranceDim is the width of the utterance view.
	UtteranceDim = broadBands + highBands + 2*highBands + utteranceParts*cepstra +
		descriptors*(4+describeParts) + descriptors + 1 + fluxStats + prosodyStats
)

// Info implements feature.View.
func (Utterance) Info() feature.Info {
	return feature.Info{
		Name: "utterance", Shape: feature.Vector, Version: 2, Default: true,
		Doc: "long-term average spectrum, MFCC in 5 parts, spectral descriptors of 0 to 4 kHz and their changes, flux, functionals of pitch, voicing and energy; nothing above 8 kHz",
	}
}

// Extract implements feature.View for a *[Sound].
func (Utterance) Extract(item any) (feature.Raw, error) {
	snd, s, err := analyzed(item)
	if s == nil {
		return feature.Raw{}, err
	}
	out := s.averageSpectrum(make([]float32, 0, UtteranceDim))
	out = appendMeanDev(out, s.high[s.from*highBands:s.to*highBands], highBands)
	out = s.course(out, utteranceParts, nil)
	out = s.described(out, nil)
	out = s.unsteadiness(out)
	out = s.flux(out)
	out = snd.contour().functionals(out, s)
	return feature.Raw{Values: out, Dim: UtteranceDim}, nil
}

// NewFitter implements feature.View.
func (Utterance) NewFitter(s feature.Scaling) feature.Fitter { return feature.NewDense(s) }

// LoadState implements feature.View.
func (Utterance) LoadState(data json.RawMessage) (feature.State, error) {
	return feature.LoadDense(data)
}

// averageSpectrum appends the logarithm of each band's share of the power below
// 4 kHz. Loud vowels decide it, where a mean of logarithms counts every pause.
func (s *speech) averageSpectrum(dst []float32) []float32 {
	var bands [broadBands + highBands]float64
	total := 0.0
	for t := s.from; t < s.to; t++ {
		for k, v := range s.low[t*lowBands : (t+1)*lowBands] {
			p := math.Exp(float64(v))
			bands[k/2] += p
			total += p
		}
		for k, v := range s.high[t*highBands : (t+1)*highBands] {
			bands[broadBands+k] += math.Exp(float64(v))
		}
	}
	for _, p := range bands {
		dst = append(dst, float32(math.Log(p/total)))
	}
	return dst
}

// unsteadiness appends the deviations of the changes from frame to frame of the
// descriptors and of the energy.
func (s *speech) unsteadiness(dst []float32) []float32 {
	const dim = descriptors + 1
	d := make([]float32, 0, dim*max(1, s.to-s.from-1))
	for t := s.from + 1; t < s.to; t++ {
		d = append(d, s.centroid[t]-s.centroid[t-1], s.rolloff[t]-s.rolloff[t-1],
			s.flatness[t]-s.flatness[t-1], s.crossing[t]-s.crossing[t-1], s.energy[t]-s.energy[t-1])
	}
	if len(d) == 0 {
		d = d[:dim] // one frame changes nothing
	}
	_, dev := meanDev(d, dim)
	return append(dst, dev...)
}

// flux appends statistics of the mean absolute change of the log-mel bands.
func (s *speech) flux(dst []float32) []float32 {
	f := make([]float32, max(1, s.to-s.from-1))
	for t := s.from + 1; t < s.to; t++ {
		a, b := s.low[(t-1)*lowBands:t*lowBands], s.low[t*lowBands:(t+1)*lowBands]
		sum := float32(0)
		for k := 0; k < lowBands; k += 2 {
			d := 0.5 * (b[k] + b[k+1] - a[k] - a[k+1])
			sum += max(d, -d)
		}
		f[t-s.from-1] = sum / broadBands
	}
	dst = quantiles(dst, f, 1, 0.2, 0.5, 0.8)
	mean, dev := meanDev(f, 1)
	return append(dst, mean[0], dev[0])
}
