package video

import (
	"github.com/fusor-ml/fusor/feature"
	"github.com/fusor-ml/fusor/feature/audio"
	"github.com/fusor-ml/fusor/internal/dsp"
)

// Audio is the sound track as one vector: the audio views spectral and prosody.
type Audio struct{ denseView }

var _ feature.View = Audio{}

// Info implements feature.View.
func (Audio) Info() feature.Info {
	s, p := audio.Spectral{}.Info(), audio.Prosody{}.Info()
	return feature.Info{
		Name: "audio", Shape: feature.Vector, Version: 100*s.Version + p.Version, Options: s.Options + p.Options, Default: true,
		Doc: "the sound track by the audio views spectral and prosody; absent without one",
	}
}

// Extract implements feature.View.
func (Audio) Extract(v any) (feature.Raw, error) {
	it, err := open(v)
	if err != nil {
		return feature.Raw{}, err
	}
	var parts []*dsp.Signal
	for _, c := range it.clips {
		if c.Sound != nil {
			parts = append(parts, c.Sound)
		}
	}
	if len(parts) == 0 {
		return feature.Raw{}, nil
	}
	sound := audio.NewSound(parts...)
	s, err := audio.Spectral{}.Extract(sound)
	if err != nil {
		return feature.Raw{}, err
	}
	p, err := audio.Prosody{}.Extract(sound)
	if err != nil {
		return feature.Raw{}, err
	}
	return feature.Raw{Dim: s.Dim + p.Dim, Values: append(s.Values, p.Values...)}, nil
}
