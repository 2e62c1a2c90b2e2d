package audio

import (
	"encoding/json"
	"math"

	"github.com/fusor-ml/fusor/feature"
	"github.com/fusor-ml/fusor/internal/dsp"
)

// Spectral is the view of a sound's timbre as one vector [SpectralDim].
//
// The descriptors centroid, roll-off and flatness look at 0 to 4 kHz, as does the
// energy by which the quiet ends are trimmed, so that they mean the same of a
// telephone recording; the high bands are of 4 to 8 kHz, and the zero crossings
// of both. Nothing above 8 kHz is used.
//
// Over the part in which something is heard, in this order:
//   - 20 log-mel bands up to 4 kHz: mean, deviation
//   - 8 log-mel bands of 4 to 8 kHz: mean, deviation
//   - 13 MFCC (Davis & Mermelstein, 1980): mean, deviation, 10 % and 90 % quantile
//   - their slopes (HTK book, 5.9): deviation
//   - the 13 MFCC's means over 10 stretches of equal change (see [paceOf]), less half of their
//     mean over all (a cepstral mean normalization that leaves short words their vowel)
//   - of each third of the time, the 13 MFCC: mean, less half of that over all, and deviation; then
//     of each third their slopes, which look at nothing that is not heard: deviation
//   - centroid, 85 % roll-off (both in mel), flatness and zero crossings: mean,
//     deviation, the two quantiles, and means over 5 stretches of equal change
//   - 12 chroma
//   - ln of the duration in seconds
type Spectral struct{}

var _ feature.View = Spectral{}

const (
	spectralParts = 10
	describeParts = 5
	spectralSpans = 3
	descriptors   = 4
	broadBands    = lowBands / 2 // neighbors are averaged: finer bands tell voices apart, not sounds
	// SpectralDim is the width of the spectral view.
	SpectralDim = 2*broadBands + 2*highBands + 5*cepstra + spectralParts*cepstra + 3*spectralSpans*cepstra +
		descriptors*(4+describeParts) + pitchClasses + 1
)

// Info implements feature.View.
func (Spectral) Info() feature.Info {
	return feature.Info{
		Name: "spectral", Shape: feature.Vector, Version: 2, Default: true,
		Doc: "log-mel and MFCC statistics, their slopes, their course in thirds and in 10 parts of equal change, zero crossings, chroma; centroid, roll-off, flatness of 0 to 4 kHz; nothing above 8 kHz",
	}
}

// Extract implements feature.View for a *[Sound].
func (Spectral) Extract(item any) (feature.Raw, error) {
	snd, s, err := analyzed(item)
	if s == nil {
		return feature.Raw{}, err
	}
	slopes := s.slopesHeard()
	pace := paceOf(slopes)
	out := s.timbre(make([]float32, 0, SpectralDim))
	out = s.course(out, spectralParts, pace)
	out = s.spans(out, slopes, spectralSpans)
	out = s.described(out, pace)
	pitches, _ := snd.chroma()
	out = append(append(out, pitches...), s.duration())
	return feature.Raw{Values: out, Dim: SpectralDim}, nil
}

// NewFitter implements feature.View.
func (Spectral) NewFitter(s feature.Scaling) feature.Fitter { return feature.NewDense(s) }

// LoadState implements feature.View.
func (Spectral) LoadState(data json.RawMessage) (feature.State, error) {
	return feature.LoadDense(data)
}

// timbre appends statistics of the bands, the MFCC and their slopes over all that is heard.
func (s *speech) timbre(dst []float32) []float32 {
	from, to := s.from, s.to
	dst = appendMeanDev(dst, halved(s.low[from*lowBands:to*lowBands]), broadBands)
	dst = appendMeanDev(dst, s.high[from*highBands:to*highBands], highBands)
	mfcc := s.mfcc[from*cepstra : to*cepstra]
	dst = appendMeanDev(dst, mfcc, cepstra)
	dst = quantiles(dst, mfcc, cepstra, 0.1, 0.9)
	_, dev := meanDev(s.delta[from*cepstra:to*cepstra], cepstra)
	return append(dst, dev...)
}

// slopesHeard returns the slopes of the MFCC of what is heard, [to-from, cepstra]. They look at
// nothing before and behind it, so that silence around a sound is of no effect.
func (s *speech) slopesHeard() []float32 {
	d := make([]float32, (s.to-s.from)*cepstra)
	dsp.Delta(d, s.mfcc[s.from*cepstra:s.to*cepstra], cepstra, 2)
	return d
}

const (
	paceFloor = 0.3  // of the mean change: time counts as well, or hiss between two clicks would vanish
	stillPace = 1e-3 // mean change in a frame, under which nothing moves and time alone counts
)

// paceOf returns how much of a sound's course each frame takes: the length of its slope
// [t, cepstra] against the mean length, plus paceFloor. Stretches of equal pace hold equally much
// change: in a word that is said slowly, or with a long vowel, each part holds much the same sounds
// (Kuhn & Tomaschewski, 1983).
func paceOf(slopes []float32) []float64 {
	pace := make([]float64, len(slopes)/cepstra)
	sum := 0.0
	for t := range pace {
		slope := slopes[t*cepstra:][:cepstra]
		pace[t] = math.Sqrt(dot(slope, slope))
		sum += pace[t]
	}
	mean := max(stillPace, sum/float64(len(pace)))
	for t := range pace {
		pace[t] = pace[t]/mean + paceFloor
	}
	return pace
}

// course appends the MFCC's means over parts stretches (see [segments]), less half of their mean
// over all.
func (s *speech) course(dst []float32, parts int, pace []float64) []float32 {
	mfcc := s.mfcc[s.from*cepstra : s.to*cepstra]
	mean, _ := meanDev(mfcc, cepstra)
	at := len(dst)
	dst = segments(dst, mfcc, cepstra, parts, pace)
	for i := range dst[at:] {
		dst[at+i] -= 0.5 * mean[i%cepstra]
	}
	return dst
}

// spans appends, for each of n equal spans of time, the mean, less half of that over all, and the
// deviation of the MFCC, then for each the deviation of their slopes. Spans are whole frames, one
// at least: fewer than n frames are shared.
func (s *speech) spans(dst, slopes []float32, n int) []float32 {
	mfcc := s.mfcc[s.from*cepstra : s.to*cepstra]
	frames := s.to - s.from
	span := func(x []float32, k int) (mean, dev []float32) {
		lo := k * frames / n
		return meanDev(x[lo*cepstra:max(lo+1, (k+1)*frames/n)*cepstra], cepstra)
	}
	all, _ := meanDev(mfcc, cepstra)
	for k := range n {
		mean, dev := span(mfcc, k)
		for i, m := range all {
			mean[i] -= 0.5 * m
		}
		dst = append(append(dst, mean...), dev...)
	}
	for k := range n {
		_, dev := span(slopes, k)
		dst = append(dst, dev...)
	}
	return dst
}

// described appends statistics of the descriptors and their course.
func (s *speech) described(dst []float32, pace []float64) []float32 {
	d := make([]float32, 0, descriptors*(s.to-s.from))
	for t := s.from; t < s.to; t++ {
		d = append(d, s.centroid[t], s.rolloff[t], s.flatness[t], s.crossing[t])
	}
	dst = appendMeanDev(dst, d, descriptors)
	dst = quantiles(dst, d, descriptors, 0.1, 0.9)
	return segments(dst, d, descriptors, describeParts, pace)
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
