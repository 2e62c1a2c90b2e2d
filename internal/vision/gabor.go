package vision

import "math"

// gaborTaps is the radius of the filters: 7 × 7.
const gaborTaps = 3

// gaborSigma is the deviation of the envelope and gaborTurn the wave's advance
// per pixel: a quarter turn, a wavelength of 4 pixels.
const (
	gaborSigma = 1.6
	gaborTurn  = math.Pi / 2
)

// kernel1 is one factor of the separable filters.
type kernel1 [2*gaborTaps + 1]float32

var gaborEnvelope, gaborCos, gaborSin, gaborDiagCos, gaborDiagSin = func() (g, c, s, dc, ds kernel1) {
	sum := 0.0
	for i := -gaborTaps; i <= gaborTaps; i++ {
		sum += math.Exp(-float64(i*i) / (2 * gaborSigma * gaborSigma))
	}
	for i := -gaborTaps; i <= gaborTaps; i++ {
		e := math.Exp(-float64(i*i)/(2*gaborSigma*gaborSigma)) / sum
		k, x := i+gaborTaps, float64(i)
		g[k] = float32(e)
		c[k], s[k] = float32(e*math.Cos(gaborTurn*x)), float32(e*math.Sin(gaborTurn*x))
		dc[k], ds[k] = float32(e*math.Cos(gaborTurn*x/math.Sqrt2)), float32(e*math.Sin(gaborTurn*x/math.Sqrt2))
	}
	return
}()

// GaborEnergy writes the mean and the deviation of the modulus of four Gabor
// filters (waves along 0°, 45°, 90° and 135°, wavelength 4 pixels) over the
// plane, in parts of full scale, to dst [8]: J. Daugman, "Uncertainty relation
// for resolution in space, spatial frequency, and orientation", JOSA A 2
// (1985). The mean of the plane is taken off first; beyond the border is that mean.
// Filters with a round envelope are products of one along x and one along y,
// and the two diagonal ones share their parts.
func GaborEnergy(dst []float32, y []uint8, width, height int) {
	n := width * height
	if n == 0 {
		clear(dst[:8])
		return
	}
	var sum uint64
	for _, v := range y {
		sum += uint64(v)
	}
	mean := float32(sum) / float32(n)
	buf := make([]float32, 8*n)
	// Eight planes in one block, used again for each direction.
	part := func(i int) []float32 { return buf[i*n : (i+1)*n : (i+1)*n] }
	plane := part(0)
	for i, v := range y {
		plane[i] = (float32(v) - mean) / 255
	}
	rows := func(k *kernel1, out []float32) { filterRows(out, plane, k, width, height) }
	columns := func(in []float32, k *kernel1, out []float32) { filterColumns(out, in, k, width, height) }

	// 0°: wave along x.
	rows(&gaborCos, part(1))
	rows(&gaborSin, part(2))
	columns(part(1), &gaborEnvelope, part(3))
	columns(part(2), &gaborEnvelope, part(4))
	dst[0], dst[1] = modulus(part(3), part(4))
	// 90°: wave along y.
	rows(&gaborEnvelope, part(1))
	columns(part(1), &gaborCos, part(3))
	columns(part(1), &gaborSin, part(4))
	dst[4], dst[5] = modulus(part(3), part(4))
	// 45° and 135°: cos(a+b) and sin(a+b), cos(a-b) and sin(a-b).
	rows(&gaborDiagCos, part(1))
	rows(&gaborDiagSin, part(2))
	// cos(a±b) = cos a cos b ∓ sin a sin b, and sin(a±b) likewise.
	cc, cs, sc, ss := part(3), part(4), part(5), part(6)
	columns(part(1), &gaborDiagCos, cc)
	columns(part(1), &gaborDiagSin, cs)
	columns(part(2), &gaborDiagCos, sc)
	columns(part(2), &gaborDiagSin, ss)
	re, im := part(1), part(2)
	for i := range re {
		re[i], im[i] = cc[i]-ss[i], sc[i]+cs[i]
	}
	dst[2], dst[3] = modulus(re, im)
	for i := range re {
		re[i], im[i] = cc[i]+ss[i], sc[i]-cs[i]
	}
	dst[6], dst[7] = modulus(re, im)
}

// modulus returns the mean and deviation of |re + i·im|.
func modulus(re, im []float32) (mean, deviation float32) {
	var s, q float64
	for i, a := range re {
		p := float64(a*a + im[i]*im[i])
		s += math.Sqrt(p)
		q += p
	}
	n := float64(len(re))
	m := s / n
	return float32(m), float32(math.Sqrt(max(0, q/n-m*m)))
}

func filterRows(dst, src []float32, k *kernel1, width, height int) {
	line := make([]float32, width+2*gaborTaps)
	for y := range height {
		copy(line[gaborTaps:], src[y*width:(y+1)*width])
		out := dst[y*width : (y+1)*width]
		for x := range out {
			in := line[x : x+7 : x+7]
			out[x] = k[0]*in[0] + k[1]*in[1] + k[2]*in[2] + k[3]*in[3] + k[4]*in[4] + k[5]*in[5] + k[6]*in[6]
		}
	}
}

func filterColumns(dst, src []float32, k *kernel1, width, height int) {
	for y := range height {
		out := dst[y*width : (y+1)*width]
		clear(out)
		for i, f := range k {
			if r := y + i - gaborTaps; r >= 0 && r < height && f != 0 {
				in := src[r*width : (r+1)*width]
				in = in[:len(out)]
				for x, v := range in {
					out[x] += f * v
				}
			}
		}
	}
}
