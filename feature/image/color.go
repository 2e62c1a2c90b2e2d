package image

import (
	"github.com/fusor-ml/fusor/feature"
	"github.com/fusor-ml/fusor/internal/vision"
)

// The divisions of the color view: fine over the picture, coarse over its middle.
var (
	fineColors   = vision.ColorBins{Hue: 16, Saturation: 3, Value: 3, Grays: 6}
	coarseColors = vision.ColorBins{Hue: 12, Saturation: 2, Value: 2, Grays: 4}
)

// colorTiles is the side of the grid of the color moments.
const colorTiles = 3

// Color is the view of what colors a picture has and where: the joint HSV
// histogram of the picture (16 × 3 × 3 bins and 6 of gray) and of its middle
// (12 × 2 × 2 and 4), as square roots of shares (M. Swain and D. Ballard,
// "Color indexing", IJCV 7, 1991), and the first three moments of CIE L*a*b*
// on a 3 × 3 grid (Stricker and Orengo 1995). 283 values.
func Color() feature.View {
	dim := fineColors.Len() + coarseColors.Len() + 9*colorTiles*colorTiles
	return &vectorView{
		dim: dim,
		info: feature.Info{
			Name: "color", Shape: feature.Vector, Version: 1, Default: true,
			Options: "hsv=16x3x3+6 middle=12x2x2+4 lab=3x3 side=112",
			Doc:     "joint HSV histograms, whole and middle, square-rooted (Swain & Ballard 1991); L*a*b* moments on a 3×3 grid (Stricker & Orengo 1995)",
		},
		describe: describeColor,
	}
}

func describeColor(dst []float32, p *picture) []float32 {
	counts := make([]uint32, fineColors.Len())
	fineColors.Count(counts, p.Image, p.Whole())
	dst = appendHellinger(dst, counts)
	counts = counts[:coarseColors.Len()]
	clear(counts)
	coarseColors.Count(counts, p.Image, p.Middle())
	dst = appendHellinger(dst, counts)
	return appendLab(dst, p.Image, colorTiles)
}

// appendLab appends nine moments for each of n × n tiles, roughly to ±5.
func appendLab(dst []float32, m *vision.Image, n int) []float32 {
	var x [9]float32
	for ty := range n {
		for tx := range n {
			vision.LabMoments(x[:], m, m.Tile(tx, ty, n))
			for c := range 3 {
				dst = append(dst, x[3*c]/20, x[3*c+1]/10, x[3*c+2]/10)
			}
		}
	}
	return dst
}
