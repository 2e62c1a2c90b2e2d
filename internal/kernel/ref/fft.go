package ref

// Radix4Pass is one decimation-in-frequency pass of a Stockham FFT of complex numbers, from x to y,
// [4m·n] floats each, real and imaginary parts in turn. Of m runs of n floats each run p has the
// twiddles w[6p:], t, t² and t³, for all its butterflies:
//
//	y[(4p+j)n+q] = t^j Σ_k (-i)^(jk) x[(p+km)n+q]
func Radix4Pass[T Float](y, x, w []T, n, m int) {
	for p := range m {
		t := w[6*p : 6*p+6 : 6*p+6]
		w1r, w1i, w2r, w2i, w3r, w3i := t[0], t[1], t[2], t[3], t[4], t[5]
		x0 := x[n*p : n*(p+1)]
		x1 := x[n*(p+m) : n*(p+m+1)][:len(x0)]
		x2 := x[n*(p+2*m) : n*(p+2*m+1)][:len(x0)]
		x3 := x[n*(p+3*m) : n*(p+3*m+1)][:len(x0)]
		y0 := y[n*4*p : n*(4*p+1)][:len(x0)]
		y1 := y[n*(4*p+1) : n*(4*p+2)][:len(x0)]
		y2 := y[n*(4*p+2) : n*(4*p+3)][:len(x0)]
		y3 := y[n*(4*p+3) : n*(4*p+4)][:len(x0)]
		for q := 0; q+1 < len(x0); q += 2 {
			ar, ai := x0[q], x0[q+1]
			br, bi := x1[q], x1[q+1]
			cr, ci := x2[q], x2[q+1]
			dr, di := x3[q], x3[q+1]
			sr, si, ur, ui := ar+cr, ai+ci, ar-cr, ai-ci
			tr, ti, vr, vi := br+dr, bi+di, di-bi, br-dr // v = i(b-d)
			y0[q], y0[q+1] = sr+tr, si+ti
			y1[q], y1[q+1] = turn(ur-vr, ui-vi, w1r, w1i)
			y2[q], y2[q+1] = turn(sr-tr, si-ti, w2r, w2i)
			y3[q], y3[q+1] = turn(ur+vr, ui+vi, w3r, w3i)
		}
	}
}

// turn is the product of two complex numbers.
func turn[T Float](r, i, wr, wi T) (T, T) { return r*wr - i*wi, r*wi + i*wr }
