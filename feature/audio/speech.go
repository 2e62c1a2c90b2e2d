package audio

import (
	"math"

	"github.com/fusor-ml/fusor/internal/dsp"
)

// Levels against the loudest mel band of the loudest frame, in dB.
const (
	floorDB = 55 // power added to every band before the logarithm
	trimDB  = 28 // frames this far below the loudest frame are trimmed at both ends
	cepstra = 13 // MFCC, c0 included
)

var (
	floorPower = float32(math.Pow(10, -floorDB/10.))
	floorLog   = float32(math.Log(math.Pow(10, -floorDB/10.)))
)

// speech is a sound's frames as logarithms against its loudest band, and the
// part from from to to (at least one frame) in which something is heard.
//
// The floor is soft, ln(p/peak + 10^-5.5): between speakers and rooms the noise
// under the sound differs, and what is near it must not count.
type speech struct {
	*frames
	from, to int
	peak     float32   // power of the loudest band, in one Hz
	low      []float32 // [n, lowBands]
	high     []float32 // [n, highBands]; the floor in a narrow sound
	energy   []float32 // [n] ln against the loudest frame, at least floorLog
	flatness []float32 // [n] mean of the log bands minus the log of their mean
	mfcc     []float32 // [n, cepstra]
	delta    []float32 // [n, cepstra] slopes over ±2 frames
}

func level(f *frames) *speech {
	n := f.n
	buf := make([]float32, n*(2+2*cepstra+highBands))
	take := func(k int) []float32 { s := buf[:k:k]; buf = buf[k:]; return s }
	s := &speech{frames: f, low: f.low, energy: take(n), flatness: take(n), mfcc: take(n * cepstra), delta: take(n * cepstra), high: take(n * highBands)}

	s.peak = max(1e-12, largest(f.low))
	scale := 1 / s.peak
	dct := dsp.NewDCT(lowBands, cepstra)
	for t := range n {
		band := s.low[t*lowBands:][:lowBands]
		var sum, logs float32
		for k, p := range band {
			p *= scale
			sum += p
			v := dsp.Log(p + floorPower)
			logs += v
			band[k] = v
		}
		s.flatness[t] = logs/lowBands - dsp.Log(sum/lowBands+floorPower)
		dct.Apply(s.mfcc[t*cepstra:][:cepstra], band)
	}
	for i := range s.high {
		s.high[i] = floorLog
	}
	for i, p := range f.high {
		s.high[i] = dsp.Log(p*scale + floorPower)
	}
	loudest := 1 / max(1e-12, largest(f.energy))
	for t, p := range f.energy {
		s.energy[t] = dsp.Log(p*loudest + floorPower)
	}
	dsp.Delta(s.delta, s.mfcc, cepstra, 2)
	s.trim()
	return s
}

// trim finds the first and the last frame that are loud enough.
func (s *speech) trim() {
	quiet := float32(-trimDB / 10. * math.Ln10)
	s.to = s.n
	for s.from < s.to-1 && s.energy[s.from] < quiet {
		s.from++
	}
	for s.to > s.from+1 && s.energy[s.to-1] < quiet {
		s.to--
	}
}

func largest(x []float32) float32 {
	m := x[0]
	for _, v := range x {
		m = max(m, v)
	}
	return m
}
