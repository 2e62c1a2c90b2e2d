package audio

import "github.com/fusor-ml/fusor/internal/dsp"

// MapSound returns the sound of f of its samples, at the same rate; f must not
// change what it is given.
func (s *Sound) MapSound(f func(dsp.Signal) dsp.Signal) any {
	return &Sound{Signal: f(s.Signal)}
}
