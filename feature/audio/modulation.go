package audio

import (
	"encoding/json"
	"math"
	"sync"

	"github.com/fusor-ml/fusor/feature"
	"github.com/fusor-ml/fusor/internal/dsp"
)

// Modulation is the view of how a sound's spectrum moves, as one vector [ModulationDim]: how fast,
// how regularly and how jointly its bands rise and fall. A timbre is much the same in rain, in
// frying and in a distant engine; their movement differs (McDermott & Simoncelli, 2011).
//
// With a_t the 28 log-mel bands of frame t (20 up to 4 kHz, 8 above; ln of the power against the
// loudest band, over a floor 55 dB below it), b_t their means in six ranges (fifths of the mel
// scale up to 4 kHz, and what lies above) and frames of 10 ms, over the part in which something is
// heard, in this order:
//   - the modulation spectrum (Greenberg & Kingsbury, 1997): for each b, ln(v + 10^-3) with v, in
//     squares of ln, its variance in six octaves of modulation frequency: 0.8 Hz, 1.6 to 2.3, 3.1
//     to 5.5, 6.3 to 11.7, 12.5 to 24.2 and 25 to 50 Hz. v = 2/n · Σ_k |X_k|² / Σ w² over the
//     octave's bins, the mean over Hann windows w of n = 128 frames that overlap by half, each
//     less its mean
//   - the 15 correlations between the six b, in [-1, 1]; a deviation counts as 0.1 at least, so
//     that what hardly moves is related to nothing
//   - the mean absolute change of each a from frame to frame, in ln
//   - rhythm: of the onset strength o_t, the mean over the bands of max(0, a_t - a_{t-1}) (Ellis,
//     2007), the largest autocorrelation at lags of 50 to 190, 200 to 490 and 500 to 1490 ms, and
//     the deviation divided by the mean + 0.01
//   - spectral contrast (Jiang et al., 2002) of six octaves, up to 250, 500, 1000, 2000, 4000 and
//     8000 Hz: mean and deviation of ln(h + 10^-5.5) - ln(l + 10^-5.5), h and l the means of the
//     highest and of the lowest fifth of the octave's bins, as power against that of the loudest
//     band in one Hz
//   - flux and unsteadiness, as in [Utterance]
//   - the deviation of the 12 chroma between windows of 128 ms, each weighted by the root of its
//     power (see [Spectral] for their mean)
type Modulation struct{}

var _ feature.View = Modulation{}

const (
	fineBands   = broadBands + highBands // a
	coarseBands = 6                      // b
	bandPairs   = coarseBands * (coarseBands - 1) / 2
	perCoarse   = lowBands / (coarseBands - 1) // low bands in one b

	modulationWindow  = 128 // frames
	modulationOctaves = 6
	modulationFloor   = 1e-3
	stillUnder        = 0.1  // deviation of a band, in ln
	onsetFloor        = 0.01 // mean onset strength
	rhythmStats       = 4

	// ModulationDim is the width of the modulation view.
	ModulationDim = coarseBands*modulationOctaves + bandPairs + fineBands + rhythmStats + 2*contrastBands +
		fluxStats + descriptors + 1 + pitchClasses
)

// rhythmLags are the bounds of the ranges of lags, in frames: flutter, syllables, beats.
var rhythmLags = [...]int{5, 20, 50, 150}

// Info implements feature.View.
func (Modulation) Info() feature.Info {
	return feature.Info{
		Name: "modulation", Shape: feature.Vector, Version: 1, Default: true,
		Doc: "modulation spectrum of 6 bands in octaves of 0.8 to 50 Hz, their correlations, change of 28 log-mel bands, rhythm, spectral contrast, flux, deviation of chroma; nothing above 8 kHz",
	}
}

// Extract implements feature.View for a *[Sound].
func (Modulation) Extract(item any) (feature.Raw, error) {
	snd, s, err := analyzed(item)
	if s == nil {
		return feature.Raw{}, err
	}
	out := make([]float32, 0, ModulationDim)
	coarse := s.coarse()
	out = modulationSpectrum(out, coarse)
	out = correlations(out, coarse)
	out, onsets := s.changes(out)
	out = rhythm(out, onsets)
	out = appendMeanDev(out, snd.contrast(), contrastBands)
	out = s.flux(out)
	out = s.unsteadiness(out)
	_, dev := snd.chroma()
	out = append(out, dev...)
	return feature.Raw{Values: out, Dim: ModulationDim}, nil
}

// NewFitter implements feature.View.
func (Modulation) NewFitter(s feature.Scaling) feature.Fitter { return feature.NewDense(s) }

// LoadState implements feature.View.
func (Modulation) LoadState(data json.RawMessage) (feature.State, error) {
	return feature.LoadDense(data)
}

// coarse returns the course of each of the coarse bands, less its mean: [coarseBands][frames].
func (s *speech) coarse() [coarseBands][]float32 {
	var b [coarseBands][]float32
	n := s.to - s.from
	for k := range b {
		b[k] = make([]float32, n)
		x, dim, at, width := s.low, lowBands, k*perCoarse, perCoarse
		if k == coarseBands-1 {
			x, dim, at, width = s.high, highBands, 0, highBands
		}
		for t := range n {
			var sum float32
			for _, v := range x[(s.from+t)*dim+at:][:width] {
				sum += v
			}
			b[k][t] = sum / float32(width)
		}
		center(b[k])
	}
	return b
}

// center takes the mean away from x.
func center(x []float32) {
	var sum float64
	for _, v := range x {
		sum += float64(v)
	}
	mean := float32(sum / float64(len(x)))
	for i := range x {
		x[i] -= mean
	}
}

// modulator transforms windows of a band's course.
type modulator struct {
	fft   *dsp.FFT
	hann  []float32
	frame []float32
	power []float32
}

var modulators = sync.Pool{New: func() any {
	return &modulator{
		fft: dsp.NewFFT(modulationWindow), hann: dsp.Hann(modulationWindow),
		frame: make([]float32, modulationWindow), power: make([]float32, modulationWindow/2+1),
	}
}}

// modulationSpectrum appends ln of each band's variance in octaves of modulation frequency.
func modulationSpectrum(dst []float32, bands [coarseBands][]float32) []float32 {
	m := modulators.Get().(*modulator)
	defer modulators.Put(m)
	for _, x := range bands {
		for _, v := range m.octaves(x) {
			dst = append(dst, float32(math.Log(v+modulationFloor)))
		}
	}
	return dst
}

// octaves returns the variance of x in octaves of modulation frequency, the mean over its windows.
// The last window ends with x and may be shorter than the others, though longer than their overlap.
func (m *modulator) octaves(x []float32) (v [modulationOctaves]float64) {
	const hop = modulationWindow / 2
	windows := 0
	for from := 0; from == 0 || from+hop < len(x); from += hop {
		part := x[from:min(len(x), from+modulationWindow)]
		hann := m.hann
		if len(part) < modulationWindow {
			hann = dsp.Hann(len(part))
		}
		frame := m.frame[:len(part)]
		copy(frame, part)
		center(frame)
		var energy float64
		for i, w := range hann {
			frame[i] *= w
			energy += float64(w) * float64(w)
		}
		m.fft.Power(m.power, frame)
		windows++
		if energy == 0 { // one frame does not move
			continue
		}
		for o, k := 0, 1; o < modulationOctaves; o++ {
			end := 2 * k
			if o == modulationOctaves-1 {
				end++ // the last octave holds the Nyquist frequency
			}
			for ; k < end; k++ {
				v[o] += float64(m.power[k]) / energy
			}
		}
	}
	for o := range v {
		v[o] *= 2 / float64(modulationWindow*windows)
	}
	return v
}

// correlations appends the correlation of every pair of centered bands.
func correlations(dst []float32, bands [coarseBands][]float32) []float32 {
	var dev [coarseBands]float64
	n := float64(len(bands[0]))
	for k, x := range bands {
		dev[k] = max(stillUnder, math.Sqrt(dot(x, x)/n))
	}
	for i := range bands {
		for j := i + 1; j < coarseBands; j++ {
			dst = append(dst, float32(dot(bands[i], bands[j])/n/(dev[i]*dev[j])))
		}
	}
	return dst
}

func dot(a, b []float32) float64 {
	var sum float64
	for i, v := range a {
		sum += float64(v) * float64(b[i])
	}
	return sum
}

// changes appends the mean absolute change of each fine band from frame to frame. It returns the
// onset strength of every frame but the first as well; one 0 of a single frame.
func (s *speech) changes(dst []float32) (out, onsets []float32) {
	at := len(dst)
	dst = append(dst, make([]float32, fineBands)...)
	sum := dst[at:]
	steps := s.to - s.from - 1
	if steps < 1 {
		return dst, make([]float32, 1)
	}
	onsets = make([]float32, steps)
	for i := range onsets {
		t := s.from + i
		a, b := s.low[t*lowBands:(t+1)*lowBands], s.low[(t+1)*lowBands:(t+2)*lowBands]
		for k := range broadBands {
			d := 0.5 * (b[2*k] + b[2*k+1] - a[2*k] - a[2*k+1])
			sum[k] += max(d, -d)
			onsets[i] += max(0, d)
		}
		a, b = s.high[t*highBands:(t+1)*highBands], s.high[(t+1)*highBands:(t+2)*highBands]
		for k := range highBands {
			d := b[k] - a[k]
			sum[broadBands+k] += max(d, -d)
			onsets[i] += max(0, d)
		}
		onsets[i] /= fineBands
	}
	for k := range sum {
		sum[k] /= float32(steps)
	}
	return dst, onsets
}

// rhythm appends the largest autocorrelation of the onset strength in each range of lags, and its
// deviation against its mean. Onsets without a deviation repeat nothing: 0. It centers onsets.
func rhythm(dst, onsets []float32) []float32 {
	mean, dev := meanDev(onsets, 1)
	center(onsets)
	power := dot(onsets, onsets)
	for r := 1; r < len(rhythmLags); r++ {
		best := math.Inf(-1)
		for lag := rhythmLags[r-1]; lag < rhythmLags[r]; lag++ {
			c := 0.0
			if lag < len(onsets) && power > 1e-6*float64(len(onsets)) {
				c = dot(onsets[lag:], onsets[:len(onsets)-lag]) / power
			}
			best = max(best, c)
		}
		dst = append(dst, float32(best))
	}
	return append(dst, dev[0]/(mean[0]+onsetFloor))
}
