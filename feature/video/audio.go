package video

import (
	"github.com/fusor-ml/fusor/feature"
	"github.com/fusor-ml/fusor/feature/audio"
	"github.com/fusor-ml/fusor/internal/dsp"
)

// Audio is the sound track as one vector: the audio view utterance.
type Audio struct{ denseView }

var _ feature.View = Audio{}

// Info implements feature.View.
func (Audio) Info() feature.Info {
	u := audio.Utterance{}.Info()
	return feature.Info{
		Name: "audio", Shape: feature.Vector, Version: 200 + u.Version, Options: u.Options, Default: true,
		Doc: "the sound track by the audio view utterance; absent without one",
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
	return audio.Utterance{}.Extract(audio.NewSound(parts...))
}
