package mp3

import "math"

// ratios are the weights of the left and the right channel by intensity
// position: of MPEG-1 (ISO/IEC 11172-3, 2.4.3.4.9.3), and of MPEG-2 by the
// lowest bit of scalefac_compress (13818-3, 2.4.3.2).
var ratios = func() (t [3][32][2]float32) {
	for pos := range 7 {
		l, r := math.Sincos(float64(pos) * math.Pi / 12)
		t[0][pos] = [2]float32{float32(l / (l + r)), float32(r / (l + r))}
	}
	for scale := range 2 {
		for pos := range 32 {
			w := float32(math.Exp2(-float64((pos+1)/2) * float64(1+scale) / 4))
			if t[1+scale][pos] = [2]float32{1, w}; pos%2 == 1 {
				t[1+scale][pos] = [2]float32{w, 1}
			}
		}
	}
	return t
}()

// joint undoes joint stereo in the first n lines of the left and right channel
// and returns how many lines of either are not sure to be 0.
func (d *Decoder) joint(h Header, right *granule, n [2]int) int {
	most := max(n[0], n[1])
	l, r := d.lines[0][:most], d.lines[1][:most]
	if !h.is {
		midSide(l, r)
		return most
	}
	// The right channel's blocks and factors rule: it carries the positions.
	s := right.shape(h.Version)
	table := &ratios[0]
	// MPEG-1 has positions 0 to 6, and 7 for none.
	limit := uint8(7)
	if h.Version != MPEG1 {
		table, limit = &ratios[1+right.compress&1], 32
	}
	// From the top, bands where the right channel is silent are of intensity stereo.
	k, to := s.bands(), 576
	var heard [3]bool
	band := func(width int, window int) {
		from := to - width
		a, b := l[min(from, most):min(to, most)], r[min(from, most):min(to, most)]
		if to = from; !heard[window] {
			for _, v := range b {
				if v != 0 {
					heard[window] = true
					break
				}
			}
		}
		// Where the right channel is heard, and in bands without a position, mid and side or plain stereo
		// applies.
		pos := d.factors[1][k]
		if heard[window] || pos >= limit {
			if h.ms {
				midSide(a, b)
			}
			return
		}
		w := table[pos]
		for i, v := range a {
			a[i], b[i] = v*w[0], v*w[1]
		}
	}
	// Positions exist for all bands but the topmost.
	top := s.bands() // the topmost band takes the position of the one below
	for i := 12; i >= s.short; i-- {
		for w := 2; w >= 0; w-- {
			k--
			if k >= top-3 {
				d.factors[1][k] = d.factors[1][k-3]
			}
			band(int(shortWidths[h.row][i]), w)
		}
	}
	// Below the short bands of a mixed block there is one window, for all of which a sound in any
	// counts.
	if heard[0] || heard[1] || heard[2] {
		heard[0] = true
	}
	for i := s.long - 1; i >= 0; i-- {
		k--
		// Long bands have 21 positions, numbered from 0.
		if i == 21 {
			d.factors[1][k] = d.factors[1][k-1]
		}
		band(int(longWidths[h.row][i]), 0)
	}
	return most
}

// midSide turns the middle and the side into left and right.
func midSide(m, s []float32) {
	s = s[:len(m)]
	for i, v := range m {
		a, b := v*(1/math.Sqrt2), s[i]*(1/math.Sqrt2)
		m[i], s[i] = a+b, a-b
	}
}
