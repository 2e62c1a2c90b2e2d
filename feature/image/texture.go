package image

import (
	"github.com/fusor-ml/fusor/feature"
	"github.com/fusor-ml/fusor/internal/vision"
)

// coLevels is the number of gray levels of the co-occurrence matrices.
const coLevels = 16

// textureLen is the width of the texture view.
const textureLen = 3*vision.UniformBins + pyramidLevels*(3*vision.RotationInvariantBins+3*8) + 2*8

// Texture is the view of surfaces: local binary patterns (Ojala, Pietikäinen
// and Mäenpää 2002), the uniform ones with direction of luma and the two
// opponent colors, the rotation-invariant ones of red, green and blue at full,
// half and quarter size; mean and range over four directions of contrast,
// homogeneity, energy and correlation of the co-occurrence of neighbors
// (Haralick 1973, 16 levels) at the three sizes, of luma and the opponent
// colors; and Gabor energies (Daugman 1985) in four directions at half and
// quarter size. Histograms are square roots of shares. 355 values.
func Texture() feature.View {
	return &vectorView{
		dim: textureLen,
		info: feature.Info{
			Name: "texture", Shape: feature.Vector, Version: 1, Default: true,
			Options: "lbp=u8x3+riu8x3x3 glcm=16x3x3 gabor=4x2 side=112",
			Doc:     "uniform LBP at three sizes and in opponent colors (Ojala et al. 2002), GLCM properties (Haralick 1973), Gabor energies (Daugman 1985)",
		},
		describe: describeTexture,
	}
}

func describeTexture(dst []float32, p *picture) []float32 {
	levels := p.pyramid()
	var counts [vision.UniformBins]uint32
	for _, codes := range [][]uint8{levels[0].codeY, levels[0].codeRG, levels[0].codeYB} {
		clear(counts[:])
		vision.Uniform(counts[:], codes)
		dst = appendHellinger(dst, counts[:])
	}
	for i := range levels {
		l := &levels[i]
		for _, codes := range [][]uint8{l.codeR, l.codeG, l.codeBlue} {
			c := counts[:vision.RotationInvariantBins]
			clear(c)
			vision.RotationInvariant(c, codes)
			dst = appendHellinger(dst, c)
		}
	}
	scratch := make([]uint32, coLevels*coLevels)
	quantized := make([]uint8, len(levels[0].y))
	for i := range levels {
		l := &levels[i]
		for _, plane := range [][]uint8{l.y, l.redGreen, l.yellowBlue} {
			q := quantized[:len(plane)]
			for k, v := range plane {
				q[k] = v / (256 / coLevels)
			}
			dst = appendCoOccurrence(dst, q, l.width, l.height, scratch)
		}
	}
	for i := 1; i < pyramidLevels; i++ {
		var e [8]float32
		vision.GaborEnergy(e[:], levels[i].y, levels[i].width, levels[i].height)
		for _, v := range e {
			dst = append(dst, 10*v)
		}
	}
	return dst
}

// appendCoOccurrence appends mean and range over four directions of four properties.
func appendCoOccurrence(dst []float32, q []uint8, width, height int, scratch []uint32) []float32 {
	var mean, low, high [4]float32
	for k, d := range [4][2]int{{1, 0}, {1, 1}, {0, 1}, {-1, 1}} {
		g := vision.CoOccurrence(q, width, height, d[0], d[1], coLevels, scratch)
		for j, v := range [4]float32{g.Contrast, g.Homogeneity, g.Energy, g.Correlation} {
			mean[j] += v / 4
			if k == 0 {
				low[j], high[j] = v, v
			}
			low[j], high[j] = min(low[j], v), max(high[j], v)
		}
	}
	for j := range mean {
		dst = append(dst, mean[j], high[j]-low[j])
	}
	return dst
}
