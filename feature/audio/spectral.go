package audio

import (
	"encoding/json"
	"math"

	"github.com/fusor-ml/fusor/feature"
)

// Spectral is the view of a sound's timbre as one vector [SpectralDim].
//
// The descriptors centroid, roll-off and flatness look at 0 to 4 kHz, as does the
// energy by which the quiet ends are trimmed, so that they mean the same of a
// telephone recording; of 4 to 8 kHz the high bands tell, and the zero crossings
// see both. Nothing above 8 kHz is used.
//
// Over the part in which something is heard, in this order:
//   - 20 log-mel bands up to 4 kHz: mean, deviation
//   - 8 log-mel bands of 4 to 8 kHz: mean, deviation
//   - 13 MFCC (Davis & Mermelstein, 1980): mean, deviation, 10 % and 90 % quantile
//   - their slopes (HTK book, 5.9): deviation
//   - the 13 MFCC's means over 10 equal stretches of time, less half of their mean
//     over all (a cepstral mean normalization that leaves short words their vowel)
//   - centroid, 85 % roll-off (both in mel), flatness and zero crossings: mean,
//     deviation, the two quantiles, and means over 5 stretches
//   - 12 chroma
//   - ln of the duration in seconds
type Spectral struct{}

var _ feature.View = Spectral{}

const (
	spectralParts = 10
	describeParts = 5
	descriptors   = 4
	broadBands    = lowBands / 2 // neighbors are averaged: finer bands tell voices apart, not sounds
	// SpectralDim is the width of the spectral view.
	SpectralDim = 2*broadBands + 2*highBands + 5*cepstra + spectralParts*cepstra + descriptors*(4+describeParts) + pitchClasses + 1
)

// Info implements feature.View.
func (Spectral) Info() feature.Info {
	return feature.Info{
		Name: "spectral", Shape: feature.Vector, Version: 1, Default: true,
		Doc: "log-mel and MFCC statistics, slopes and their course in 10 parts, zero crossings, chroma; centroid, roll-off, flatness of 0 to 4 kHz; nothing above 8 kHz",
	}
}

// Extract implements feature.View for a *[Sound].
func (Spectral) Extract(item any) (feature.Raw, error) {
	snd, s, err := analyzed(item)
	if s == nil {
		return feature.Raw{}, err
	}
	out := make([]float32, 0, SpectralDim)
	add := func(x []float32, dim int) {
		mean, dev := meanDev(x, dim)
		out = append(append(out, mean...), dev...)
	}
	from, to := s.from, s.to
	add(halved(s.low[from*lowBands:to*lowBands]), broadBands)
	add(s.high[from*highBands:to*highBands], highBands)
	mfcc := s.mfcc[from*cepstra : to*cepstra]
	add(mfcc, cepstra)
	out = quantiles(out, mfcc, cepstra, 0.1, 0.9)
	_, dev := meanDev(s.delta[from*cepstra:to*cepstra], cepstra)
	out = append(out, dev...)
	out = s.course(out, spectralParts)
	out = s.described(out)
	c, _ := chroma(snd.heard(), snd.Signal.Rate)
	out = append(out, c[:]...)
	out = append(out, s.duration())
	return feature.Raw{Values: out, Dim: SpectralDim}, nil
}

// NewFitter implements feature.View.
func (Spectral) NewFitter(s feature.Scaling) feature.Fitter { return feature.NewDense(s) }

// LoadState implements feature.View.
func (Spectral) LoadState(data json.RawMessage) (feature.State, error) {
	return feature.LoadDense(data)
}

// course appends the MFCC's means over parts equal stretches, less half of their mean over all.
func (s *speech) course(dst []float32, parts int) []float32 {
	mfcc := s.mfcc[s.from*cepstra : s.to*cepstra]
	mean, _ := meanDev(mfcc, cepstra)
	at := len(dst)
	dst = segments(dst, mfcc, cepstra, parts)
	for i := range dst[at:] {
		dst[at+i] -= 0.5 * mean[i%cepstra]
	}
	return dst
}

// described appends statistics of the descriptors and their course.
func (s *speech) described(dst []float32) []float32 {
	d := make([]float32, 0, descriptors*(s.to-s.from))
	for t := s.from; t < s.to; t++ {
		d = append(d, s.centroid[t], s.rolloff[t], s.flatness[t], s.crossing[t])
	}
	mean, dev := meanDev(d, descriptors)
	dst = append(append(dst, mean...), dev...)
	dst = quantiles(dst, d, descriptors, 0.1, 0.9)
	return segments(dst, d, descriptors, describeParts)
}

// halved averages neighbors.
func halved(x []float32) []float32 {
	y := make([]float32, len(x)/2)
	for i := range y {
		y[i] = 0.5 * (x[2*i] + x[2*i+1])
	}
	return y
}

// duration is the logarithm of how many seconds are heard.
func (s *speech) duration() float32 {
	return float32(math.Log(float64(s.to-s.from) * hopSeconds))
}

// heard returns the samples of the part in which something is heard.
func (s *Sound) heard() []float32 {
	hop := int(hopSeconds * float64(s.Signal.Rate))
	lo := min(s.speech.from*hop, len(s.Signal.Samples)-1)
	return s.Signal.Samples[lo:max(lo+1, min(s.speech.to*hop, len(s.Signal.Samples)))]
}
