// Package dsp holds the signal processing that the audio features stand on:
// a float32 real FFT, windows, mel filter banks, cepstra, a polyphase
// resampler, and the YIN pitch tracker.
//
// Everything works on mono float32 samples in [-1, 1] (louder peaks are kept,
// never clipped). Plans, windows and banks are computed once and shared;
// the values that carry scratch memory say so and are not for concurrent use.
package dsp

// Signal is a mono sound.
type Signal struct {
	Rate    int       // samples per second
	Samples []float32 // [samples], full scale is ±1
}

// Seconds is how long the signal lasts.
func (s *Signal) Seconds() float64 {
	if s.Rate <= 0 {
		return 0
	}
	return float64(len(s.Samples)) / float64(s.Rate)
}
