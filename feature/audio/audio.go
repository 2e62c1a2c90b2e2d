// Package audio extracts the views of sounds: spectral (statistics of timbre),
// utterance (how a sentence is said), modulation (how the spectrum moves),
// prosody (pitch, energy, voicing and tempo), and sequence (cepstral frames in
// time). The first three are the default (decision 46).
//
// A cell's files are joined in the order in which the manifest names them. The
// views do not depend on loudness: everything is measured against the loudest
// moment, over a floor 55 dB below it, and the quiet ends are trimmed. The sampling rate
// hardly matters either; see frames.go for the common grid.
//
// The video modality reuses the views on sound tracks: [NewSound] makes of any
// signals what their Extract takes.
package audio

import (
	"context"
	"fmt"

	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/feature"
	"github.com/fusor-ml/fusor/internal/dsp"
	"github.com/fusor-ml/fusor/media"
)

// Modality returns the audio modality.
func Modality() feature.Modality { return modality{} }

type modality struct{}

var _ feature.Modality = modality{}

// Kind implements feature.Modality.
func (modality) Kind() media.Kind { return media.Audio }

// Views implements feature.Modality.
func (modality) Views() []feature.View {
	return []feature.View{Spectral{}, Utterance{}, Modulation{}, Prosody{}, Sequence{}}
}

// Open implements feature.Modality: it decodes the cell's files into a *[Sound].
func (modality) Open(ctx context.Context, c *dataset.Cell, _ *dataset.Column, from media.Folder) (any, error) {
	var parts []*dsp.Signal
	seconds := 0.0
	for _, src := range c.Sources(from) {
		sig, err := media.ReadAudio(ctx, src)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", src.Name(), err)
		}
		if seconds += sig.Seconds(); seconds > media.MaxAudioSeconds {
			return nil, fmt.Errorf("%s: the cell's files last more than %d s together", src.Name(), media.MaxAudioSeconds)
		}
		parts = append(parts, sig)
	}
	return NewSound(parts...), nil
}

// sound checks what a view is given.
func sound(item any) (*Sound, error) {
	switch v := item.(type) {
	case *Sound:
		return v, nil
	case *dsp.Signal:
		return NewSound(v), nil
	}
	return nil, fmt.Errorf("audio: a view takes a *Sound or a signal, not %T", item)
}

// analyzed returns the sound of a view's item and its analysis, which is nil where there is nothing
// to describe.
func analyzed(item any) (*Sound, *speech, error) {
	snd, err := sound(item)
	if err != nil {
		return nil, nil, err
	}
	return snd, snd.analysis(), nil
}
