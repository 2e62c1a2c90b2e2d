package image

import (
	"github.com/fusor-ml/fusor/feature"
	"github.com/fusor-ml/fusor/internal/vision"
)

// The parameters of the classic features: bins of a histogram, and the orientations, pixels of a
// cell and cells of a block of HOG.
const classicBins = 16

var classicHOG = vision.HOG{Orientations: 9, Cell: 16, Block: 2}

// classicLen is the width of the classic view.
var classicLen = 3*classicBins + vision.RotationInvariantBins + classicHOG.Len(WorkSide, WorkSide)

// Classic is the view of what textbooks compute of a picture, as scikit-image has it: histograms of
// hue, saturation and value in 16 bins each; rotation-invariant uniform local binary patterns of 8
// neighbors on a circle of radius 1 (Ojala, Pietikäinen and Mäenpää 2002); and histograms of
// oriented gradients in 9 bins, cells of 16 and blocks of 2 (Dalal and Triggs 2005) of the luma at
// [WorkSide] × [WorkSide]. Histograms are square roots of shares. 1,354 values.
func Classic() feature.View {
	return &vectorView{
		dim: classicLen,
		info: feature.Info{
			Name: "classic", Shape: feature.Vector, Version: 1,
			Options: "hsv=16x3 lbp=riu8 hog=9x16x2 side=112",
			Doc:     "HSV histograms, rotation-invariant uniform LBP (Ojala et al. 2002), HOG (Dalal & Triggs 2005), as scikit-image computes them",
		},
		describe: describeClassic,
	}
}

func describeClassic(dst []float32, p *picture) []float32 {
	var colors [3 * classicBins]uint32
	vision.HSVHistograms(colors[:], p.Image, classicBins)
	for i := range 3 {
		dst = appendHellinger(dst, colors[i*classicBins:(i+1)*classicBins])
	}
	var patterns [vision.RotationInvariantBins]uint32
	vision.CircularLBP(patterns[:], p.Y, p.Width, p.Height)
	dst = appendHellinger(dst, patterns[:])
	y := p.Y
	if p.Width != WorkSide || p.Height != WorkSide {
		y = vision.Resize(nil, y, p.Width, p.Height, WorkSide, WorkSide)
	}
	return classicHOG.Compute(dst, y, WorkSide, WorkSide)
}
