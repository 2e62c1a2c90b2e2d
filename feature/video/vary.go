package video

import (
	"github.com/fusor-ml/fusor/internal/dsp"
	"github.com/fusor-ml/fusor/internal/vision"
	"github.com/fusor-ml/fusor/media"
)

// MapPictures returns an item of f of each frame, of the same size, and the same
// sound; the item itself stays as it is.
func (it *item) MapPictures(f func(*vision.Image) *vision.Image) any {
	out := newItem()
	for _, c := range it.clips {
		clip := &media.Clip{Spacing: c.Spacing, Sound: c.Sound}
		for _, m := range c.Frames {
			clip.Frames = append(clip.Frames, f(m))
		}
		out.clips = append(out.clips, clip)
	}
	return out
}

// MapSound returns an item of f of each sound track, and the same frames; f must
// not change what it is given.
func (it *item) MapSound(f func(dsp.Signal) dsp.Signal) any {
	out := newItem()
	for _, c := range it.clips {
		clip := &media.Clip{Frames: c.Frames, Spacing: c.Spacing}
		if c.Sound != nil {
			s := f(*c.Sound)
			clip.Sound = &s
		}
		out.clips = append(out.clips, clip)
	}
	return out
}
