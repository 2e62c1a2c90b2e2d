package image

import (
	"github.com/fusor-ml/fusor/feature"
	"github.com/fusor-ml/fusor/internal/vision"
)

// shapeGrid are the cells of the shape view.
var shapeGrid = vision.GradientGrid{Side: 6, Bins: 18, Signed: true}

// shapeSide is the longer side that smaller pictures are enlarged to, so that
// every cell has some pixels.
const shapeSide = 56

// Shape is the view of outlines: gradients by 18 directions of 360° on a grid
// of 6 × 6 cells over the picture, of the color plane with the largest
// gradient, normalized by neighborhood (Dalal and Triggs 2005, in the form of
// Felzenszwalb et al. 2010), the shares of the directions in the whole
// picture, and the moduli of the Zernike moments of the luma up to order 8
// (Khotanzad and Hong 1990). 691 values.
func Shape() feature.View {
	return &vectorView{
		dim: shapeGrid.Len() + shapeGrid.Bins + vision.ZernikeLen,
		info: feature.Info{
			Name: "shape", Shape: feature.Vector, Version: 1, Default: true,
			Options: "hog=6x6x18 signed directions=18 zernike=8 side=112",
			Doc:     "HOG of 6×6 cells × 18 directions (Felzenszwalb et al. 2010), directions of the edges in all, Zernike moments to order 8 (Khotanzad & Hong 1990)",
		},
		describe: describeShape,
	}
}

func describeShape(dst []float32, p *picture) []float32 {
	sums := gradientSums(shapeGrid, p.Image)
	dst = shapeGrid.Normalize(dst, sums)
	all := make([]float32, shapeGrid.Bins)
	var total float32
	for i, v := range sums {
		all[i%shapeGrid.Bins] += v
		total += v
	}
	for _, v := range all {
		if total > 0 {
			v /= total
		}
		dst = append(dst, v)
	}
	var z [vision.ZernikeLen]float32
	vision.Zernike(z[:], p.Y, p.Width, p.Height)
	return append(dst, z[:]...)
}

// gradientSums sums the gradients of a picture, enlarged if it is small.
func gradientSums(g vision.GradientGrid, m *vision.Image) []float32 {
	planes := [][]uint8{m.R, m.G, m.B}
	if m.IsGray() {
		planes = planes[:1]
	}
	w, h := m.Width, m.Height
	if long := max(w, h); long < shapeSide {
		// Not below 8, so that a line of pixels has room for gradients.
		w, h = max(8, w*shapeSide/long), max(8, h*shapeSide/long)
		for i, p := range planes {
			planes[i] = vision.Resize(nil, p, m.Width, m.Height, w, h)
		}
	}
	return g.Sums(planes, w, h)
}
