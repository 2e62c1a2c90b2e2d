// Package video extracts the views of video clips: visual (frames in time),
// stills (what the frames look like, whenever), and audio (the sound track).
package video

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"sync"

	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/feature"
	"github.com/fusor-ml/fusor/internal/dsp"
	"github.com/fusor-ml/fusor/internal/vision"
	"github.com/fusor-ml/fusor/media"
)

// Modality returns the video modality.
func Modality() feature.Modality { return modality{} }

type modality struct{}

var _ feature.Modality = modality{}

// Kind implements feature.Modality.
func (modality) Kind() media.Kind { return media.Video }

// Views implements feature.Modality.
func (modality) Views() []feature.View { return []feature.View{Stills{}, Visual{}, Audio{}} }

// item is an opened cell. Several files are one clip after the other.
type item struct {
	clips []*media.Clip
	left  []string // what of the files was not looked at
	// frames describes the taken pictures of all clips, once for both views.
	frames func() []frame
}

var _ feature.Warner = (*item)(nil)

func newItem() *item {
	it := &item{}
	it.frames = sync.OnceValue(it.describe)
	return it
}

// Flags implements feature.Warner.
func (it *item) Flags() []string { return it.left }

// Open implements feature.Modality.
func (modality) Open(ctx context.Context, c *dataset.Cell, _ *dataset.Column, from media.Folder) (any, error) {
	it := newItem()
	for _, src := range c.Sources(from) {
		clip, err := media.OpenVideo(ctx, src)
		if err != nil {
			var pe *fs.PathError
			if errors.As(err, &pe) { // its path is not the one that the cell has
				err = pe.Err
			}
			return nil, fmt.Errorf("%s: %w", src.Name(), err)
		}
		it.clips = append(it.clips, clip)
		for _, what := range clip.Left {
			it.left = append(it.left, src.Name()+": "+what)
		}
	}
	return it, nil
}

func open(v any) (*item, error) {
	it, ok := v.(*item)
	if !ok {
		return nil, fmt.Errorf("a view of a video cannot take %T", v)
	}
	return it, nil
}

// Pictures calls f with Steps evenly spaced frames of all clips, or all if there are fewer.
func (it *item) Pictures(f func(*vision.Image) error) error {
	for _, m := range it.pictures() {
		if err := f(m); err != nil {
			return err
		}
	}
	return nil
}

// Samples returns the sound tracks, one after the other, at a rate; nil without one.
func (it *item) Samples(rate int) []float32 {
	var x []float32
	for _, c := range it.clips {
		if c.Sound != nil {
			x = append(x, dsp.Resample(c.Sound.Samples, c.Sound.Rate, rate)...)
		}
	}
	return x
}

// pictures takes Steps evenly spaced frames of all clips, or all if there are fewer.
func (it *item) pictures() []*vision.Image {
	var all []*vision.Image
	for _, c := range it.clips {
		all = append(all, c.Frames...)
	}
	if len(all) <= Steps {
		return all
	}
	out := make([]*vision.Image, Steps)
	for i := range out {
		out[i] = all[(2*i+1)*len(all)/(2*Steps)]
	}
	return out
}

// denseView is what the views have in common: they are scaled as dense values.
type denseView struct{}

// NewFitter implements feature.View.
func (denseView) NewFitter(s feature.Scaling) feature.Fitter { return feature.NewDense(s) }

// LoadState implements feature.View.
func (denseView) LoadState(data json.RawMessage) (feature.State, error) {
	return feature.LoadDense(data)
}
