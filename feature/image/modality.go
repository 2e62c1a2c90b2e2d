// Package image extracts the views of pictures: color, shape, texture and classic.
//
// A picture is decoded with its longer side at most [WorkSide] pixels, so that
// the cost and the features depend little on how large it was. Where a cell
// holds several files, a view is the mean of the files' features.
package image

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"

	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/feature"
	"github.com/fusor-ml/fusor/internal/vision"
	"github.com/fusor-ml/fusor/media"
)

// WorkSide is the longer side, in pixels, that larger pictures are scaled to.
const WorkSide = 112

// Longer sides, in pixels, of what [Item.Pictures] returns.
const (
	fullSide   = 2048         // more than any network takes, and a bound on memory
	variedSide = 2 * WorkSide // of pictures with noise, whose grain is that of pixels
)

// Modality returns the image modality with its views color, shape, texture and classic.
func Modality() feature.Modality { return modality{} }

type modality struct{}

var _ feature.Modality = modality{}

// Kind implements feature.Modality.
func (modality) Kind() media.Kind { return media.Image }

// Views implements feature.Modality.
func (modality) Views() []feature.View { return []feature.View{Color(), Shape(), Texture(), Classic()} }

// Open implements feature.Modality: it decodes all files of the cell.
func (modality) Open(ctx context.Context, c *dataset.Cell, _ *dataset.Column, from media.Folder) (any, error) {
	item := &Item{}
	for _, src := range c.Sources(from) {
		m, err := media.ReadImage(ctx, src, media.ImageOptions{MaxSide: WorkSide})
		if err != nil {
			return nil, err
		}
		item.pictures = append(item.pictures, &picture{Image: m, full: func() (*vision.Image, error) {
			return media.ReadImage(ctx, src, media.ImageOptions{MaxSide: fullSide, DropAlpha: true})
		}})
	}
	if len(item.pictures) == 0 {
		return nil, fmt.Errorf("cannot open the picture: the cell holds none")
	}
	return item, nil
}

// Item is what the image modality's Open returns and its views take.
type Item struct {
	pictures []*picture
}

// Pictures calls f with each picture in turn as a pretrained network takes it: of up to [fullSide]
// pixels a side, transparency dropped. It decodes files once more.
func (it *Item) Pictures(f func(*vision.Image) error) error {
	for _, p := range it.pictures {
		m := p.Image
		if p.full != nil {
			var err error
			if m, err = p.full(); err != nil {
				return err
			}
		}
		if err := f(m); err != nil {
			return err
		}
	}
	return nil
}

// NewItem makes an item of decoded pictures, which should be no larger than WorkSide.
func NewItem(images ...*vision.Image) *Item {
	item := &Item{}
	for _, m := range images {
		item.pictures = append(item.pictures, &picture{Image: m.Shrink(WorkSide)})
	}
	return item
}

// picture is a decoded picture with what several views need, made once.
type picture struct {
	*vision.Image
	full   func() (*vision.Image, error) // decodes it for [Item.Pictures]; nil: as it is
	once   sync.Once
	levels [pyramidLevels]level
}

// vectorView is a view that makes a vector of fixed width of a picture.
type vectorView struct {
	info feature.Info
	dim  int
	// describe appends dim values to dst.
	describe func(dst []float32, p *picture) []float32
}

var _ feature.View = (*vectorView)(nil)

// Info implements feature.View.
func (v *vectorView) Info() feature.Info { return v.info }

// Extract implements feature.View.
func (v *vectorView) Extract(item any) (feature.Raw, error) {
	it, ok := item.(*Item)
	if !ok {
		return feature.Raw{}, fmt.Errorf("cannot extract %s: %T is no opened picture", v.info.Name, item)
	}
	if len(it.pictures) == 0 {
		return feature.Raw{}, nil
	}
	sum := v.describe(make([]float32, 0, v.dim), it.pictures[0])
	if n := len(it.pictures); n > 1 {
		var x []float32
		for _, p := range it.pictures[1:] {
			x = v.describe(x[:0], p)
			for i, f := range x {
				sum[i] += f
			}
		}
		for i := range sum {
			sum[i] /= float32(n)
		}
	}
	return feature.Raw{Values: sum, Dim: len(sum)}, nil
}

// NewFitter implements feature.View.
func (v *vectorView) NewFitter(s feature.Scaling) feature.Fitter { return feature.NewDense(s) }

// LoadState implements feature.View.
func (v *vectorView) LoadState(data json.RawMessage) (feature.State, error) {
	return feature.LoadDense(data)
}
