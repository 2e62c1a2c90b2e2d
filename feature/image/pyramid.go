package image

import (
	"math"

	"github.com/fusor-ml/fusor/internal/vision"
)

// pyramidLevels is how many sizes texture is looked at: whole, half, quarter.
const pyramidLevels = 3

// level is a picture at one size: its planes and the two opponent colors
// (R-G)/2 and (R+G-2B)/4, both around 128.
type level struct {
	width, height          int
	y, r, g, b             []uint8
	redGreen, yellowBlue   []uint8
	codeY, codeRG, codeYB  []uint8 // local binary patterns
	codeR, codeG, codeBlue []uint8
}

// pyramid returns the picture's levels.
func (p *picture) pyramid() *[pyramidLevels]level {
	p.once.Do(func() {
		l := &p.levels[0]
		l.width, l.height, l.y, l.r, l.g, l.b = p.Width, p.Height, p.Y, p.R, p.G, p.B
		for i := range p.levels {
			l := &p.levels[i]
			if i > 0 {
				l.halve(&p.levels[i-1], p.IsGray())
			}
			l.finish(p.IsGray())
		}
	})
	return &p.levels
}

func (l *level) halve(from *level, gray bool) {
	l.y, l.width, l.height = vision.Halve(nil, from.y, from.width, from.height)
	if gray {
		l.r, l.g, l.b = l.y, l.y, l.y
		return
	}
	l.r, _, _ = vision.Halve(nil, from.r, from.width, from.height)
	l.g, _, _ = vision.Halve(nil, from.g, from.width, from.height)
	l.b, _, _ = vision.Halve(nil, from.b, from.width, from.height)
}

// finish computes the opponent planes and the patterns.
func (l *level) finish(gray bool) {
	codes := func(p []uint8) []uint8 { return vision.LBPCodes(nil, p, l.width, l.height) }
	l.redGreen, l.yellowBlue = vision.Opponents(l.r, l.g, l.b)
	l.codeY, l.codeRG, l.codeYB = codes(l.y), codes(l.redGreen), codes(l.yellowBlue)
	if gray {
		l.codeR, l.codeG, l.codeBlue = l.codeY, l.codeY, l.codeY
		return
	}
	l.codeR, l.codeG, l.codeBlue = codes(l.r), codes(l.g), codes(l.b)
}

// appendHellinger appends the square roots of the shares: the distance of two
// such vectors is Hellinger's, which suits histograms better than Euclid's.
func appendHellinger(dst []float32, counts []uint32) []float32 {
	var n uint64
	for _, c := range counts {
		n += uint64(c)
	}
	if n == 0 {
		return append(dst, make([]float32, len(counts))...)
	}
	f := 1 / float64(n)
	for _, c := range counts {
		dst = append(dst, float32(math.Sqrt(float64(c)*f)))
	}
	return dst
}
