package audio

import (
	"math"
	"sync"

	"github.com/fusor-ml/fusor/internal/dsp"
)

// The analysis grid. A sound is brought to 16 kHz, or to 8 kHz where its own rate
// is below 16 kHz, and cut into windows of 25 ms every 10 ms. The transform is
// 512 or 256 points, so that a bin is 31.25 Hz wide and, up to 4 kHz, the
// features of a telephone recording and of a studio one mean the same. What
// lies above 4 kHz goes into features of its own, which are silent in a narrow sound.
const (
	wideRate   = 16000
	narrowRate = 8000
	hopSeconds = 0.010
	winSeconds = 0.025
	binHz      = 31.25

	lowBands  = 40 // mel bands from lowEdge to splitHz
	highBands = 8  // mel bands from splitHz to 8 kHz
	lowEdge   = 20
	splitHz   = 4000
	lowBins   = splitHz*4/125 + 1 // 129: splitHz/binHz, and zero
)

// frames are the power spectra of a sound, [n] of them, one every 10 ms.
type frames struct {
	n    int
	low  []float32 // [n, lowBands] mean power of the mel bands; a full-scale sine has 0.25·31.25 Hz in all
	high []float32 // [n, highBands] the same of the bands above 4 kHz; empty in a narrow sound

	energy   []float32 // [n] power up to 4 kHz
	centroid []float32 // [n] mean of the spectrum, in mel
	rolloff  []float32 // [n] mel below which 85 % of the power lie
	crossing []float32 // [n] zero crossings in 1/8000 s, [0, 2]
}

// binMel is the mel of each low bin.
var binMel = func() (m [lowBins]float32) {
	for k := range m {
		m[k] = float32(dsp.HzToMel(float64(k) * binHz))
	}
	return m
}()

// analyzer is the reusable memory of an analysis at one rate.
type analyzer struct {
	stft  *dsp.STFT
	low   *dsp.MelBank
	high  *dsp.MelBank // nil below 16 kHz
	power []float32
	scale float32 // makes a bin's power independent of the rate
}

var narrowAnalyzers, wideAnalyzers = newAnalyzers(narrowRate), newAnalyzers(wideRate)

func newAnalyzers(rate int) *sync.Pool {
	return &sync.Pool{New: func() any {
		fft := int(float64(rate) / binHz)
		win := int(float64(rate) * winSeconds)
		a := &analyzer{stft: dsp.NewSTFT(fft, win, int(float64(rate)*hopSeconds)), power: make([]float32, fft/2+1)}
		a.low = dsp.NewMelBank(dsp.MelConfig{Rate: rate, FFT: fft, Bands: lowBands, Low: lowEdge, High: splitHz})
		if rate == wideRate {
			a.high = dsp.NewMelBank(dsp.MelConfig{Rate: rate, FFT: fft, Bands: highBands, Low: splitHz, High: wideRate / 2})
		}
		a.scale = float32(4 / float64(win*win)) // the window's sum is win/2
		return a
	}}
}

// analyze computes the frames of x, which is at 8 or 16 kHz and not empty.
func analyze(x []float32, rate int) *frames {
	pool := narrowAnalyzers
	if rate == wideRate {
		pool = wideAnalyzers
	}
	a := pool.Get().(*analyzer)
	defer pool.Put(a)
	n := a.stft.Frames(len(x))
	f := &frames{n: n}
	buf := make([]float32, n*(lowBands+4))
	take := func(k int) []float32 { s := buf[:k:k]; buf = buf[k:]; return s }
	f.low = take(n * lowBands)
	f.energy, f.centroid, f.rolloff, f.crossing = take(n), take(n), take(n), take(n)
	if a.high != nil {
		f.high = make([]float32, n*highBands)
	}
	for t := range n {
		a.stft.Power(a.power, x, t)
		for k := range a.power {
			a.power[k] *= a.scale
		}
		a.low.Apply(f.low[t*lowBands:][:lowBands], a.power)
		if a.high != nil {
			a.high.Apply(f.high[t*highBands:][:highBands], a.power)
		}
		f.describe(t, a.power[:lowBins])
		f.crossing[t] = crossings(x, t*a.stft.Hop-a.stft.Window/2, a.stft.Window) * float32(rate) / narrowRate
	}
	return f
}

// describe sets the descriptors of frame t from its power up to 4 kHz.
func (f *frames) describe(t int, power []float32) {
	var sum, moment float32
	for k, p := range power {
		sum += p
		moment += p * binMel[k]
	}
	f.energy[t] = sum
	if sum < 1e-20 {
		return
	}
	f.centroid[t] = moment / sum
	limit, part, k := 0.15*sum, float32(0), lowBins-1
	for k > 0 && part+power[k] < limit {
		part += power[k]
		k--
	}
	f.rolloff[t] = binMel[k]
}

// crossings counts the sign changes in x[from:from+n], a sample.
func crossings(x []float32, from, n int) float32 {
	lo, hi := max(0, from), min(len(x), from+n)
	if hi-lo < 2 {
		return 0
	}
	c, last := uint32(0), math.Float32bits(x[lo])
	for _, v := range x[lo+1 : hi] {
		b := math.Float32bits(v)
		c += (b ^ last) >> 31
		last = b
	}
	return float32(c) / float32(hi-lo)
}
