package audio

import "github.com/fusor-ml/fusor/feature"

var _ feature.Earlier = modality{}

// Earlier implements feature.Earlier.
func (modality) Earlier() []feature.View { return []feature.View{spectral1{}} }

// spectral1 is version 1 of [Spectral], whose stretches are all equal in time; it has no thirds.
type spectral1 struct{ Spectral }

var _ feature.View = spectral1{}

const spectral1Dim = SpectralDim - 3*spectralSpans*cepstra

// Info implements feature.View.
func (v spectral1) Info() feature.Info {
	info := v.Spectral.Info()
	info.Version, info.Default = 1, false
	info.Doc = "version 1 of spectral: the course in 10 parts of equal time, no thirds"
	return info
}

// Extract implements feature.View for a *[Sound].
func (spectral1) Extract(item any) (feature.Raw, error) {
	snd, s, err := analyzed(item)
	if s == nil {
		return feature.Raw{}, err
	}
	out := s.timbre(make([]float32, 0, spectral1Dim))
	out = s.course(out, spectralParts, nil)
	out = s.described(out, nil)
	pitches, _ := snd.chroma()
	out = append(append(out, pitches...), s.duration())
	return feature.Raw{Values: out, Dim: spectral1Dim}, nil
}
