package image

import "github.com/fusor-ml/fusor/internal/vision"

// MapPictures returns an item of f of each picture, of the same size; the item
// itself stays as it is.
func (it *Item) MapPictures(f func(*vision.Image) *vision.Image) any {
	out := &Item{}
	for _, p := range it.pictures {
		out.pictures = append(out.pictures, &picture{Image: f(p.Image)})
	}
	return out
}
