package vision

// FitWithin returns the size that width × height takes when its longer side is
// at most side (0: no limit); never below 1 and never larger than it was.
func FitWithin(width, height, side int) (w, h int) {
	long := max(width, height)
	if side <= 0 || long <= side {
		return width, height
	}
	w = max(1, (width*side+long/2)/long)
	h = max(1, (height*side+long/2)/long)
	return w, h
}

// span is how one output cell covers the inputs first … first+n-1; the first
// and the last of them in part.
type span struct {
	first, n    int
	head, tail  uint32 // weights of the first and last input in 1/256
	inner, norm uint32 // weight of the others; sum of all
}

// spans cuts n inputs into m ≤ n outputs of equal width.
func spans(n, m int) []span {
	out := make([]span, m)
	for i := range out {
		// Boundaries in units of 1/256 input.
		a, b := i*n*256/m, (i+1)*n*256/m
		s := span{first: a >> 8, inner: 256, norm: uint32(b - a)}
		s.n = (b+255)>>8 - s.first
		if s.n == 1 {
			s.head = uint32(b - a)
		} else {
			s.head = uint32(256 - a&255)
			s.tail = uint32((b-1)&255 + 1)
		}
		out[i] = s
	}
	return out
}

// Shrinker averages the rows of a plane as they come into a smaller plane:
// every output pixel is the mean over the area of the input that it covers
// (box filter). Memory is one output row, so that a large picture never needs
// to be held whole.
type Shrinker struct {
	dst    []uint8
	w, row int
	cols   []span
	rows   []span
	next   int // input row expected
	acc    []uint64
	line   []uint32
}

// NewShrinker writes a plane of w × h into dst [h*w] from input rows of width
// inW, of which inH will come; w ≤ inW and h ≤ inH.
func NewShrinker(dst []uint8, w, h, inW, inH int) *Shrinker {
	return &Shrinker{dst: dst, w: w, cols: spans(inW, w), rows: spans(inH, h), acc: make([]uint64, w), line: make([]uint32, w)}
}

// Row takes the next input row.
func (s *Shrinker) Row(src []uint8) {
	if s.row >= len(s.rows) {
		return
	}
	for i := range s.cols {
		c := &s.cols[i]
		// Weights of 1/256 pixel: the first and last pixel of a cell count in part.
		v := c.head * uint32(src[c.first])
		if c.n > 1 {
			in := src[c.first+1 : c.first+c.n]
			var sum uint32
			for _, x := range in[:len(in)-1] {
				sum += uint32(x)
			}
			v += sum<<8 + c.tail*uint32(in[len(in)-1])
		}
		s.line[i] = v
	}
	y := s.next
	s.next++
	// A row may end one output row and begin the next.
	for s.row < len(s.rows) {
		r := &s.rows[s.row]
		var weight uint64
		switch y {
		case r.first:
			weight = uint64(r.head)
		case r.first + r.n - 1:
			weight = uint64(r.tail)
		default:
			weight = 256
		}
		for i, v := range s.line {
			s.acc[i] += weight * uint64(v)
		}
		if y != r.first+r.n-1 {
			return
		}
		out := s.dst[s.row*s.w : (s.row+1)*s.w]
		for i := range out {
			norm := uint64(s.cols[i].norm) * uint64(r.norm)
			// Rounded to nearest, once, at the end.
			out[i] = uint8((s.acc[i] + norm/2) / norm)
			s.acc[i] = 0
		}
		s.row++
		// A row that also belongs to the next output is taken once more.
		if s.row >= len(s.rows) || s.rows[s.row].first != y {
			return
		}
	}
}

// shrinkPlane averages src of sw × sh into dst of w × h, w ≤ sw and h ≤ sh.
func shrinkPlane(dst []uint8, w, h int, src []uint8, sw, sh int) {
	if w == sw && h == sh {
		copy(dst, src)
		return
	}
	s := NewShrinker(dst, w, h, sw, sh)
	for y := range sh {
		s.Row(src[y*sw : (y+1)*sw])
	}
}

// Shrink returns m with its longer side at most side, averaged over areas.
func (m *Image) Shrink(side int) *Image {
	w, h := FitWithin(m.Width, m.Height, side)
	if w == m.Width && h == m.Height {
		return m
	}
	if m.IsGray() {
		out := NewGray(w, h)
		shrinkPlane(out.Y, w, h, m.Y, m.Width, m.Height)
		return out
	}
	out := NewColor(w, h)
	for _, p := range [][2][]uint8{{out.Y, m.Y}, {out.R, m.R}, {out.G, m.G}, {out.B, m.B}} {
		shrinkPlane(p[0], w, h, p[1], m.Width, m.Height)
	}
	return out
}
