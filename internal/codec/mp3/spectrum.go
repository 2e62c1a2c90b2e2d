package mp3

import "math"

// maxValue is the largest value of a line: 15 and 13 further bits.
const maxValue = 15 + 1<<13 - 1

var (
	// pow43 holds n^(4/3). ffmpeg rounds the lines of escaped values (15 and more) to multiples of
	// 6.6e-9 of full scale, too little to hear, but only 73 dB below noise that is itself 80 dB below
	// full scale; here they are as exact as float32, as in mpg123 (TestQuiet).
	pow43 = func() *[maxValue + 1]float32 {
		var t [maxValue + 1]float32
		for n := range t {
			t[n] = float32(math.Cbrt(float64(n)) * float64(n))
		}
		return &t
	}()
	// rootFourths holds 2^(n/4).
	rootFourths = [4]float64{1, math.Sqrt2 / 1.189207115002721066717, math.Sqrt2, math.Sqrt2 * 1.189207115002721066717}
	// pretab is added to the scale factors of long blocks where preflag is set
	// (ISO/IEC 11172-3, table 3-B.6).
	pretab = [22]uint8{11: 1, 1, 1, 1, 2, 2, 3, 3, 3, 2}
)

// readLines decodes a granule's lines up to the bit end, as the signed power
// 4/3 of what is coded, and returns how many lines are not sure to be 0.
func (g *granule) readLines(r *bitReader, end int, lines *[576]float32) int {
	n := 0
	for region, table := range g.tables {
		to := g.bigValues
		if region < 2 {
			to = min(to, g.regions[region])
		}
		t := pairTables[table]
		// Table 0: a region of zeros takes no bits.
		if t == nil {
			for ; n < to; n++ {
				lines[n] = 0
			}
			continue
		}
		extra := int(linbits[table])
		// Where the bits end early the rest is zero.
		for ; n < to && r.pos < end; n += 2 {
			v := r.peek()
			pair, used := t.find(v)
			v <<= used
			x, y := pair>>4, pair&15
			if x != 0 {
				// 15 is an escape, with linbits more bits.
				if x == 15 && extra != 0 {
					x += uint32(v >> (64 - extra))
					v <<= extra
					used += extra
				}
				lines[n] = signed(pow43[x], v)
				v <<= 1
				used++
			} else {
				lines[n] = 0
			}
			if y != 0 {
				if y == 15 && extra != 0 {
					y += uint32(v >> (64 - extra))
					v <<= extra
					used += extra
				}
				lines[n+1] = signed(pow43[y], v)
				used++
			} else {
				lines[n+1] = 0
			}
			r.pos += used
		}
	}
	// count1: quadruples of 0 and ±1 up to the last line that is not zero; how many there are follows
	// from the bits alone.
	t := quadTables[g.quadTable]
	for n <= 572 && r.pos < end {
		v := r.peek()
		four, used := t.find(v)
		v <<= used
		var x [4]float32
		for i := range x {
			if four&(8>>i) != 0 {
				x[i] = signed(1, v)
				v <<= 1
				used++
			}
		}
		// Some encoders count these bits wrongly; what lies beyond is the next granule's. The topmost
		// four are kept, as ffmpeg keeps them: no line is left that the bits beyond could be of.
		if r.pos += used; r.pos > end && n < 572 { // the last word breaks off
			break
		}
		*(*[4]float32)(lines[n : n+4]) = x
		n += 4
	}
	clear(lines[n:])
	return n
}

// signed is x, negative if the first bit of v is set.
func signed(x float32, v uint64) float32 {
	return math.Float32frombits(math.Float32bits(x) | uint32(v>>63)<<31)
}

// scale multiplies the first n lines by the gains of their bands (ISO/IEC
// 11172-3, 2.4.3.4.7.1).
func (g *granule) scale(row int, s shape, factors *[39]uint8, lines []float32) {
	step := 2 // in units of 2^(1/4)
	if g.coarse {
		step = 4
	}
	from := 0
	for i := 0; i < s.long && from < len(lines); i++ {
		f := int(factors[i])
		if g.preflag {
			f += int(pretab[i])
		}
		to := min(len(lines), int(longBands[row][i+1]))
		multiply(lines[from:to], g.gain-210-step*f)
		from = to
	}
	for i, k := s.short, s.long; i < 13 && from < len(lines); i++ {
		for w := range 3 {
			to := min(len(lines), from+int(shortWidths[row][i]))
			multiply(lines[from:to], g.gain-210-8*g.subblockGain[w]-step*int(factors[k]))
			from = to
			k++
		}
	}
}

// multiply scales x by 2^(fourths/4).
func multiply(x []float32, fourths int) {
	gain := float32(math.Ldexp(rootFourths[fourths&3], fourths>>2))
	for i := range x {
		x[i] *= gain
	}
}
