package dsp

import (
	"fmt"
	"math"
	"sync"
)

// MelConfig defines a bank of triangular filters on the mel scale.
type MelConfig struct {
	Rate  int     // Hz
	FFT   int     // length of the transform; the bank takes FFT/2+1 power bins
	Bands int     //
	Low   float64 // Hz, lower edge of the first triangle
	High  float64 // Hz, upper edge of the last one; at most Rate/2
}

// MelBank is a filter bank stored as one run of weights per band.
//
// The scale is Slaney's (Auditory Toolbox, 1998; librosa's default, torchaudio's
// mel_scale="slaney"): 3 mel per 200 Hz up to 1 kHz, then 27 mel per factor 6.4.
// Triangles have area 1 (norm="slaney"): the height is 2/(upper - lower edge in Hz).
type MelBank struct {
	Config  MelConfig
	start   []int       // first bin of a band
	weights [][]float32 // weights of a band's bins
}

var melBanks sync.Map // MelConfig -> *MelBank

// NewMelBank returns the bank of c, computed once per configuration.
func NewMelBank(c MelConfig) *MelBank {
	if b, ok := melBanks.Load(c); ok {
		return b.(*MelBank)
	}
	if c.Bands < 1 || c.FFT < 4 || c.Rate < 1 || c.Low < 0 || c.High <= c.Low {
		panic(fmt.Sprintf("dsp: impossible mel bank %+v", c))
	}
	b := &MelBank{Config: c}
	lo, hi := HzToMel(c.Low), HzToMel(c.High)
	edge := make([]float64, c.Bands+2)
	for i := range edge {
		edge[i] = MelToHz(lo + (hi-lo)*float64(i)/float64(c.Bands+1))
	}
	for k := range c.Bands {
		l, m, r := edge[k], edge[k+1], edge[k+2]
		first, run := 0, []float32(nil)
		for bin := 0; bin <= c.FFT/2; bin++ {
			f := float64(bin) * float64(c.Rate) / float64(c.FFT)
			w := min((f-l)/(m-l), (r-f)/(r-m))
			if w <= 0 {
				continue
			}
			if run == nil {
				first = bin
			}
			run = append(run, float32(w*2/(r-l)))
		}
		b.start = append(b.start, first)
		b.weights = append(b.weights, run)
	}
	got, _ := melBanks.LoadOrStore(c, b)
	return got.(*MelBank)
}

// Apply writes the band energies of a power spectrum [FFT/2+1] into dst [Bands].
func (b *MelBank) Apply(dst, power []float32) {
	for k, w := range b.weights {
		p := power[b.start[k]:][:len(w)]
		var s0, s1 float32
		i := 0
		for ; i+1 < len(w); i += 2 {
			s0 += w[i] * p[i]
			s1 += w[i+1] * p[i+1]
		}
		if i < len(w) {
			s0 += w[i] * p[i]
		}
		dst[k] = s0 + s1
	}
}

// Dense returns the bank as a matrix [Bands, FFT/2+1], row-major.
func (b *MelBank) Dense() []float32 {
	bins := b.Config.FFT/2 + 1
	m := make([]float32, b.Config.Bands*bins)
	for k, w := range b.weights {
		copy(m[k*bins+b.start[k]:], w)
	}
	return m
}

const (
	melLinear = 200.0 / 3 // Hz per mel below the knee
	melKnee   = 1000.0    // Hz
)

var melStep = math.Log(6.4) / 27 // ln of the frequency ratio of one mel above the knee

// HzToMel maps a frequency onto Slaney's mel scale.
func HzToMel(hz float64) float64 {
	if hz < melKnee {
		return hz / melLinear
	}
	return melKnee/melLinear + math.Log(hz/melKnee)/melStep
}

// MelToHz is the inverse of HzToMel.
func MelToHz(mel float64) float64 {
	if mel < melKnee/melLinear {
		return mel * melLinear
	}
	return melKnee * math.Exp(melStep*(mel-melKnee/melLinear))
}
