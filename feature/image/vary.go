package image

import "github.com/fusor-ml/fusor/internal/vision"

// MapPictures returns an item of f of each picture, of the same size; the item
// itself stays as it is.
func (it *Item) MapPictures(f func(*vision.Image) *vision.Image) any {
	out := &Item{}
	for _, p := range it.pictures {
		varied := &picture{Image: f(p.Image)}
		if p.full != nil {
			varied.full = func() (*vision.Image, error) {
				m, err := p.full()
				if err != nil {
					return nil, err
				}
				return f(m.Shrink(variedSide)), nil
			}
		}
		out.pictures = append(out.pictures, varied)
	}
	return out
}
