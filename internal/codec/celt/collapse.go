package celt

import "math"

// fillCollapsed puts noise into the short blocks of a band that have no pulses
// (RFC 6716, section 4.3.5), which would be heard as holes. It is no louder than
// what the two frames before had.
func (s *shapes) fillCollapsed(now, last, before *levels) {
	for b := s.start; b < s.end; b++ {
		n := width(b)
		depth := (1 + s.shape[b]) / n >> s.size
		limit := math.Exp2(-float64(depth)/8) / 2
		for c := range s.channels {
			quiet := min(last[c][b], before[c][b])
			if s.channels == 1 {
				quiet = min(max(last[0][b], last[1][b]), max(before[0][b], before[1][b]))
			}
			level := 2 * math.Exp2(-float64(max(0, now[c][b]-quiet)))
			if s.size == 3 {
				level *= math.Sqrt2
			}
			noise := float32(min(limit, level) / math.Sqrt(float64(n<<s.size)))
			x := s.x[c][edges[b]<<s.size : edges[b+1]<<s.size]
			if s.fillBlocks(x, s.masks[b][c], noise) {
				normalize(x, 1)
			}
		}
	}
}

// fillBlocks fills the interleaved blocks that the mask lacks, and reports whether
// there are any.
func (s *shapes) fillBlocks(x []float32, mask uint, noise float32) (filled bool) {
	blocks := 1 << s.size
	for k := range blocks {
		if mask>>k&1 != 0 {
			continue
		}
		for i := k; i < len(x); i += blocks {
			x[i] = -noise
			if s.random()&0x8000 != 0 {
				x[i] = noise
			}
		}
		filled = true
	}
	return filled
}
