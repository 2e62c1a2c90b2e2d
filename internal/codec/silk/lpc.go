package silk

import "math"

const maxOrder = 16

// predictor turns the frequencies into the coefficients of the short-term
// filter, Q12 (RFC 6716, sections 4.2.7.5.6 to 4.2.7.5.8).
func predictor(dst *[maxOrder]int32, lsf []int32, ordering []uint8) {
	n := len(lsf)
	var c [maxOrder]int32 // Q17
	for k, f := range lsf {
		i, frac := f>>8, f&255
		c[ordering[k]] = (cosines[i]*256 + (cosines[i+1]-cosines[i])*frac + 4) >> 3
	}
	var p, q [maxOrder/2 + 1]int32 // Q16
	product(p[:n/2+1], c[:n])
	product(q[:n/2+1], c[1:n])
	var a [maxOrder]int32 // Q17
	for k := range n / 2 {
		sum, diff := p[k+1]+p[k], q[k+1]-q[k]
		a[k], a[n-1-k] = -diff-sum, diff-sum
	}
	fit(a[:n])
	for i := range 16 {
		for k := range n {
			dst[k] = round(a[k], 5)
		}
		if stable(dst[:n]) {
			return
		}
		expand(a[:n], 65536-2<<i)
	}
	for k := range n {
		dst[k] = round(a[k], 5)
	}
}

// product multiplies out the pairs of roots whose cosines are at the even
// places of c. The first half is enough, as the product is symmetric.
func product(dst, c []int32) {
	dst[0], dst[1] = 1<<16, -c[0]
	for k := 1; k < len(dst)-1; k++ {
		f := int64(c[2*k])
		dst[k+1] = 2*dst[k-1] - int32(round64(f*int64(dst[k]), 16))
		for j := k; j > 1; j-- {
			dst[j] += dst[j-2] - int32(round64(f*int64(dst[j-1]), 16))
		}
		dst[1] -= c[2*k]
	}
}

// fit widens the bandwidth until the coefficients, Q17, fit 16 bits as Q12
// (section 4.2.7.5.7).
func fit(a []int32) {
	for range 10 {
		at, largest := 0, int32(0)
		for k, v := range a {
			if v = max(v, -v); v > largest {
				at, largest = k, v
			}
		}
		if largest = round(largest, 5); largest <= math.MaxInt16 {
			return
		}
		largest = min(largest, 163838)
		expand(a, 65470-(largest-math.MaxInt16)<<14/(largest*int32(at+1)>>2))
	}
	for k, v := range a {
		a[k] = int32(clip16(round(v, 5))) << 5
	}
}

// expand scales the coefficients by the powers of a factor, Q16.
func expand(a []int32, factor int32) {
	power := factor
	for k := range a {
		a[k] = mulW(power, a[k])
		power = int32((int64(factor)*int64(power) + 32768) >> 16)
	}
}

// widen scales a filter, Q12, by the powers of a factor, Q16, rounding, which keeps
// it stable.
func widen(a []int32, factor int32) {
	power := factor
	for k := range a {
		a[k] = round(power*a[k], 16)
		power = int32((int64(factor)*int64(power) + 32768) >> 16)
	}
}

// stable reports whether the gain of the filter, Q12, is limited.
func stable(coefs []int32) bool { return inverseGain(coefs) != 0 }

// inverseGain returns one over the power gain of the filter, Q30, 0 if that is not
// limited (section 4.2.7.5.8): the recursion of Levinson backwards.
func inverseGain(coefs []int32) int32 {
	const (
		limit   = 16773022 // 0.99975, Q24
		minimum = 107374   // 10^-4, Q30
	)
	var buf [maxOrder]int32 // Q24
	a := buf[:len(coefs)]
	sum := int32(0)
	for k, c := range coefs {
		sum += c
		a[k] = c << 12
	}
	if sum >= 4096 {
		return 0
	}
	gain := int32(1 << 30)
	for k := len(a) - 1; k >= 0; k-- {
		if a[k] > limit || a[k] < -limit {
			return 0
		}
		rc := -a[k] << 7
		rest := 1<<30 - mulHigh(rc, rc)
		if gain = mulHigh(gain, rest) << 2; gain < minimum {
			return 0
		}
		_, headroom := normalized(rest)
		q := 31 - headroom
		inv := int64(inverse(rest, q+30))
		for n := range (k + 1) / 2 {
			x, y := a[n], a[k-1-n]
			u := round64(int64(reflect(x, y, rc))*inv, uint(q))
			v := round64(int64(reflect(y, x, rc))*inv, uint(q))
			if u != int64(int32(u)) || v != int64(int32(v)) {
				return 0
			}
			a[n], a[k-1-n] = int32(u), int32(v)
		}
	}
	return gain
}

// reflect returns x - y*rc, rc being Q31.
func reflect(x, y, rc int32) int32 {
	return clip32(int64(x) - int64(int32(round64(int64(y)*int64(rc), 31))))
}
