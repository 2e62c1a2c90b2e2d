package audio

import (
	"encoding/json"
	"math"
	"sync"

	"github.com/fusor-ml/fusor/feature"
	"github.com/fusor-ml/fusor/internal/dsp"
)

// Prosody is the view of how something is said, as one vector [ProsodyDim].
//
// The pitch is YIN's (see [dsp.Pitch]) between 60 and 500 Hz every 20 ms, on a
// logarithmic scale, where its aperiodicity is under 0.25; between voiced frames
// it is interpolated. In this order:
//   - pitch: mean, deviation, quantiles 5, 25, 50, 75, 95 %, their span, mean and
//     deviation of its change between steps, its trend
//   - voicing: share of voiced frames, mean and deviation of the aperiodicity,
//     voiced stretches a second
//   - energy of 0 to 4 kHz (ln, against the loudest frame): mean, deviation, quantiles 10, 25, 50,
//     75, 90 %, mean change between frames, peaks a second (a proxy of the syllable rate)
//   - ln of the duration in seconds
//   - over 10 equal stretches of time: pitch, pitch less its mean, energy, voicing
type Prosody struct{}

var _ feature.View = Prosody{}

const (
	prosodyParts = 10
	contours     = 4
	prosodyStats = 11 + 4 + 9 + 1
	// ProsodyDim is the width of the prosody view.
	ProsodyDim = prosodyStats + prosodyParts*contours

	pitchLow      = 60.0
	pitchHigh     = 500.0
	pitchEvery    = 2 // frames
	voicedUnder   = 0.25
	unvoicedPitch = 4.7875 // ln 120 Hz, said of a sound without any pitch
)

// Info implements feature.View.
func (Prosody) Info() feature.Info {
	return feature.Info{
		Name: "prosody", Shape: feature.Vector, Version: 1,
		Doc: "YIN pitch, energy of 0 to 4 kHz and voicing: functionals and their course in 10 parts, syllable-rate proxies",
	}
}

// Extract implements feature.View for a *[Sound].
func (Prosody) Extract(item any) (feature.Raw, error) {
	snd, s, err := analyzed(item)
	if s == nil {
		return feature.Raw{}, err
	}
	c := snd.contour()
	out := make([]float32, 0, ProsodyDim)
	out = c.functionals(out, s)
	series := make([]float32, 0, contours*len(c.pitch))
	for i, p := range c.pitch {
		e := s.energy[min(s.to-1, s.from+i*pitchEvery)]
		series = append(series, p, p-out[0], e, c.voicing[i])
	}
	out = segments(out, series, contours, prosodyParts, nil)
	return feature.Raw{Values: out, Dim: ProsodyDim}, nil
}

// functionals appends the statistics of pitch, voicing, energy and duration: prosodyStats values.
func (c *contour) functionals(dst []float32, s *speech) []float32 {
	out := make([]float32, 0, prosodyStats)
	mean, dev := meanDev(c.voiced, 1)
	out = append(out, mean[0], dev[0])
	out = quantiles(out, c.voiced, 1, 0.05, 0.25, 0.5, 0.75, 0.95)
	change := changes(c.voiced)
	_, spread := meanDev(change, 1)
	out = append(out, out[6]-out[2], meanAbs(change), spread[0], trend(c.voiced))

	ap, apDev := meanDev(c.aperiodicity, 1)
	seconds := float32(s.to-s.from) * hopSeconds
	share, onsets, was := float32(0), float32(0), float32(0)
	for _, v := range c.voicing {
		share += v
		if v > was {
			onsets++
		}
		was = v
	}
	out = append(out, share/float32(len(c.voicing)), ap[0], apDev[0], onsets/seconds)

	energy := s.energy[s.from:s.to]
	mean, dev = meanDev(energy, 1)
	out = append(out, mean[0], dev[0])
	out = quantiles(out, energy, 1, 0.1, 0.25, 0.5, 0.75, 0.9)
	peaks := float32(0)
	for t := 1; t+1 < len(energy); t++ {
		if energy[t] > energy[t-1] && energy[t] >= energy[t+1] {
			peaks++
		}
	}
	out = append(out, meanAbs(changes(energy)), peaks/seconds, s.duration())
	return append(dst, out...)
}

// NewFitter implements feature.View.
func (Prosody) NewFitter(s feature.Scaling) feature.Fitter { return feature.NewDense(s) }

// LoadState implements feature.View.
func (Prosody) LoadState(data json.RawMessage) (feature.State, error) {
	return feature.LoadDense(data)
}

// contour is the course of the pitch over the heard part, every pitchEvery frames.
type contour struct {
	pitch        []float32 // ln Hz, interpolated where there is none
	voicing      []float32 // 0 or 1
	aperiodicity []float32
	voiced       []float32 // the pitch of the voiced frames alone; never empty
}

var trackers = sync.Pool{New: func() any { return dsp.NewPitch(narrowRate, pitchLow, pitchHigh) }}

// contour tracks the pitch at 8 kHz, which is plenty for 500 Hz.
func (s *Sound) contour() *contour {
	x := dsp.Resample(s.Signal.Samples, s.Signal.Rate, narrowRate)
	p := trackers.Get().(*dsp.Pitch)
	defer trackers.Put(p)
	c := &contour{}
	last := -1 // index of the last voiced step
	for t := s.speech.from; t < s.speech.to; t += pitchEvery {
		hz, ap := p.At(x, int(float64(t)*hopSeconds*narrowRate)-p.Block()/2)
		i, ln := len(c.pitch), float32(unvoicedPitch)
		voicing := float32(0)
		if ap < voicedUnder && hz > 0 {
			ln, voicing = float32(math.Log(float64(hz))), 1
			c.voiced = append(c.voiced, ln)
			for k := last + 1; k < i; k++ { // fill the gap that ends here
				if last < 0 {
					c.pitch[k] = ln
				} else {
					c.pitch[k] = c.pitch[last] + (ln-c.pitch[last])*float32(k-last)/float32(i-last)
				}
			}
			last = i
		} else if last >= 0 {
			ln = c.pitch[last]
		}
		c.pitch = append(c.pitch, ln)
		c.voicing = append(c.voicing, voicing)
		c.aperiodicity = append(c.aperiodicity, ap)
	}
	if len(c.voiced) == 0 {
		c.voiced = []float32{unvoicedPitch}
	}
	return c
}

// changes are the differences between neighbors; one 0 where there are none.
func changes(x []float32) []float32 {
	d := make([]float32, max(1, len(x)-1))
	for i := 1; i < len(x); i++ {
		d[i-1] = x[i] - x[i-1]
	}
	return d
}

func meanAbs(x []float32) float32 {
	var sum float32
	for _, v := range x {
		sum += max(v, -v)
	}
	return sum / float32(len(x))
}

// trend is the slope of the least-squares line through x, over its whole length.
func trend(x []float32) float32 {
	if len(x) < 2 {
		return 0
	}
	var xy, xx float64
	for i, v := range x {
		u := float64(i)/float64(len(x)-1) - 0.5
		xy += u * float64(v)
		xx += u * u
	}
	return float32(xy / xx)
}
