package encoder

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/fusor-ml/fusor/encoder/network"
	"github.com/fusor-ml/fusor/encoder/preprocess"
	"github.com/fusor-ml/fusor/internal/vision"
)

// Picture is a decoded picture, as package media returns it.
type Picture = vision.Image

// imagePath is what a picture passes through before and behind the network.
type imagePath struct {
	prepare *preprocess.Image
	missing error // why prepare is nil
	pooling *pooling
	after   []module
	dim     int
}

// openImage reads the preprocessing of pictures.
func (e *Encoder) openImage(f *folder, p *plan) error {
	// sentence-transformers defines Pooling for tokens.
	if p.pooling != nil && e.net.Text == nil {
		return errors.New("cannot use modules.json: pooling of pictures is not known")
	}
	sub, err := fs.Sub(f.fsys, p.dir)
	if err != nil {
		return err
	}
	v, tower := &e.image, e.net.Vision.Info()
	v.prepare, err = preprocess.OpenImage(sub, e.net.Architecture)
	// Not an error yet: a tower may be used for its texts alone.
	if errors.Is(err, preprocess.ErrNoConfig) {
		v.missing = err
	} else if err != nil {
		return err
	}
	if err := f.hashAll(p.dir, preprocess.Files); err != nil {
		return err
	}
	info := &Image{Pooling: "the network's own"}
	v.dim = tower.Embed
	// A network without a vector of its own: the mean over its patches.
	if v.dim == 0 {
		v.pooling, v.dim, info.Pooling = &pooling{modes: []string{"mean"}}, tower.Dim, "mean"
	}
	if p.clip || e.net.Text == nil { // two towers share what follows
		v.after = p.after
	}
	for _, m := range v.after {
		if v.dim, err = m.dim(v.dim); err != nil {
			return fmt.Errorf("cannot use modules.json: %w", err)
		}
		info.Pooling += ", " + m.String()
	}
	info.Dim = v.dim
	if v.prepare != nil {
		h, w, ok := v.prepare.Size()
		// Positions of a fixed grid fit one size; a picture of another would be encoded wrongly, not
		// refused.
		if info.Height, info.Width = h, w; ok && !tower.AnySize && tower.Height > 0 && (h != tower.Height || w != tower.Width) {
			return fmt.Errorf("cannot use the preprocessing of pictures: it makes them %d by %d, where the network takes %d by %d", w, h, tower.Width, tower.Height)
		}
	}
	e.info.Image = info
	return nil
}

// EncodeImages returns the vectors of pictures, one after the other, in dst if it has room.
func (e *Encoder) EncodeImages(ctx context.Context, dst []float32, pictures []*Picture) ([]float32, error) {
	v := &e.image
	if e.info.Image == nil {
		return nil, fmt.Errorf("cannot encode pictures: %s takes none", e.info.Architecture)
	}
	if v.prepare == nil {
		return nil, fmt.Errorf("cannot encode pictures: %w", v.missing)
	}
	dst = room(dst, len(pictures)*v.dim)
	err := e.each(ctx, e.net.Vision, len(pictures), func(i int) (network.Input, error) {
		values, h, w, err := v.prepare.Values(pictures[i])
		return network.Input{Pixels: values, Height: h, Width: w}, err
	}, func(i int, out *network.Output) {
		x := append([]float32(nil), out.Embed...)
		if v.pooling != nil {
			x = v.pooling.apply(nil, out.Hidden, len(out.Hidden)/out.Rows)
		}
		for _, m := range v.after {
			x = m.apply(x)
		}
		copy(dst[i*v.dim:(i+1)*v.dim], x)
	})
	if err != nil {
		return nil, fmt.Errorf("cannot encode pictures: %w", err)
	}
	return dst, nil
}

// NewPicture returns a black picture.
func NewPicture(width, height int) *Picture { return vision.NewColor(width, height) }
