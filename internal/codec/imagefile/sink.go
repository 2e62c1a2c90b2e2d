package imagefile

import "github.com/fusor-ml/fusor/internal/vision"

// rowSink takes the rows of a picture from top to bottom and keeps them, or
// the smaller picture that they average to.
type rowSink struct {
	image    *vision.Image
	shrink   []*vision.Shrinker // Y, R, G, B; nil where the rows are kept as they are
	line     [4][]uint8
	width, y int
}

// newRowSink expects sh rows of sw pixels of a picture that is fullW × fullH in
// its file (and may be scaled down already); side bounds the longer side kept.
func newRowSink(sw, sh, fullW, fullH, side int, gray bool) *rowSink {
	w, h := vision.FitWithin(fullW, fullH, side)
	w, h = min(w, sw), min(h, sh)
	s := &rowSink{width: sw}
	planes := 4
	if gray {
		s.image = vision.NewGray(w, h)
		planes = 1
	} else {
		s.image = vision.NewColor(w, h)
	}
	if w == sw && h == sh {
		return s
	}
	for i, p := range [][]uint8{s.image.Y, s.image.R, s.image.G, s.image.B}[:planes] {
		s.shrink = append(s.shrink, vision.NewShrinker(p, w, h, sw, sh))
		s.line[i] = make([]uint8, sw)
	}
	return s
}

// next returns where the next row's planes are to be written; of a gray
// picture only y counts.
func (s *rowSink) next() (y, r, g, b []uint8) {
	if s.shrink != nil {
		return s.line[0], s.line[1], s.line[2], s.line[3]
	}
	from, to := s.y*s.width, (s.y+1)*s.width
	m := s.image
	return m.Y[from:to], m.R[from:to], m.G[from:to], m.B[from:to]
}

// commit ends the row that next handed out.
func (s *rowSink) commit() {
	s.y++
	for i, p := range s.shrink {
		p.Row(s.line[i])
	}
}
