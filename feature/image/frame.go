package image

import "github.com/fusor-ml/fusor/internal/vision"

// frameColors are the bins of a frame's histogram.
var frameColors = vision.ColorBins{Hue: 8, Saturation: 2, Value: 1, Grays: 4}

// FrameDim is the width of what [AppendFrame] appends.
const FrameDim = 8*2 + 4 + 2*2*6 + 2*vision.RotationInvariantBins

// AppendFrame appends a short description of the colors and the texture of one
// frame of a video to dst, FrameDim values: a joint HSV histogram of 20 bins,
// mean and deviation of L*a*b* on 2 × 2 tiles, and rotation-invariant uniform
// patterns of the luma at full and half size. Frames larger than WorkSide are
// scaled down first.
func AppendFrame(dst []float32, m *vision.Image) []float32 {
	m = m.Shrink(WorkSide)
	counts := make([]uint32, max(frameColors.Len(), vision.RotationInvariantBins))
	c := counts[:frameColors.Len()]
	frameColors.Count(c, m, m.Whole())
	dst = appendHellinger(dst, c)
	var lab [9]float32
	for t := range 4 {
		vision.LabMoments(lab[:], m, m.Tile(t%2, t/2, 2))
		for c := range 3 {
			dst = append(dst, lab[3*c]/20, lab[3*c+1]/10)
		}
	}
	y, w, h := m.Y, m.Width, m.Height
	var codes []uint8
	for i := range 2 {
		if i > 0 {
			y, w, h = vision.Halve(nil, y, w, h)
		}
		codes = vision.LBPCodes(codes, y, w, h)
		c := counts[:vision.RotationInvariantBins]
		clear(c)
		vision.RotationInvariant(c, codes)
		dst = appendHellinger(dst, c)
	}
	return dst
}

// AppendOutline appends the gradients of a frame on the cells of g to dst,
// g.Len() values, as the shape view has them.
func AppendOutline(dst []float32, m *vision.Image, g vision.GradientGrid) []float32 {
	return g.Normalize(dst, gradientSums(g, m.Shrink(WorkSide)))
}
