package celt

import (
	"math"
	"math/bits"
)

// angle is how the energy of a band is divided between mid and side, or between
// the halves of a partition (RFC 6716, section 4.3.4.4).
type angle struct {
	theta    int        // 0 to 16384 of a right angle
	gains    [2]float32 // the cosine and the sine
	delta    int        // by how many 8ths of bits the first is to have more than the second, negated
	inverted bool       // the second channel
	cost     int        // 8ths of bits
}

// readAngle decodes the angle between two vectors of n coefficients; blocks is
// how many the whole has. The cost is taken from p's bits, and from its fill
// the blocks of what is silent.
func (s *shapes) readAngle(p *part, n, blocks int, stereo bool) (a angle) {
	steps := s.angleSteps(p, n, stereo)
	used := s.r.TellFrac()
	switch {
	case steps > 1:
		a.theta = s.readSteps(steps, n, blocks, stereo) * 16384 / steps
	case stereo && p.bits > 16 && s.left > 16:
		a.inverted = s.r.Bit(2) && !s.noInverse
	}
	a.cost = s.r.TellFrac() - used
	p.bits -= a.cost
	all := uint(1)<<p.blocks - 1
	switch a.theta {
	case 0:
		a.gains[0], a.delta = 32767.0/32768, -16384
		p.fill &= all
	case 16384:
		a.gains[1], a.delta = 32767.0/32768, 16384
		p.fill &= all << p.blocks
	default:
		mid, side := cosine(a.theta), cosine(16384-a.theta)
		a.gains = [2]float32{float32(mid) / 32768, float32(side) / 32768}
		a.delta = mul15((n-1)<<7, logTan(side, mid))
	}
	return a
}

// angleSteps returns into how many steps the right angle is divided.
func (s *shapes) angleSteps(p *part, n int, stereo bool) int {
	if stereo && s.band >= s.intensity {
		return 1
	}
	degrees, offset := 2*n-1, 4
	if stereo && n == 2 {
		degrees, offset = 2, 16
	}
	pulse := logWidths[s.band] + 8*p.size
	bits := (p.bits + degrees*(pulse/2-offset)) / degrees
	bits = min(bits, p.bits-pulse-32, 64)
	if bits < 4 {
		return 1
	}
	// 2^(bits/8), in 16384ths.
	power := [8]int{16384, 17866, 19483, 21247, 23170, 25267, 27554, 30048}[bits&7]
	return (power>>(14-bits>>3) + 1) / 2 * 2
}

// readSteps decodes an angle in steps: equal ones of blocks, with a step in the
// middle those of the channels, a triangle those of frequencies.
func (s *shapes) readSteps(steps, n, blocks int, stereo bool) int {
	half := uint32(steps / 2)
	switch {
	case stereo && n > 2:
		total := 3*(half+1) + half
		at := s.r.Place(total)
		if at < 3*(half+1) {
			v := at / 3
			s.r.Take(3*v, 3*v+3, total)
			return int(v)
		}
		s.r.Take(at, at+1, total)
		return int(at - 2*(half+1))
	case stereo || blocks > 1:
		return int(s.r.Uniform(uint32(steps) + 1))
	}
	total := (half + 1) * (half + 1)
	at := s.r.Place(total)
	if at < half*(half+1)/2 {
		v := (root(8*at+1) - 1) / 2
		low := v * (v + 1) / 2
		s.r.Take(low, low+v+1, total)
		return int(v)
	}
	v := (2*uint32(steps+1) - root(8*(total-at-1)+1)) / 2
	wide := uint32(steps) + 1 - v
	low := total - wide*(wide+1)/2
	s.r.Take(low, low+wide, total)
	return int(v)
}

// root returns the square root, rounded down.
func root(v uint32) uint32 { return uint32(math.Sqrt(float64(v))) }

// mul15 multiplies as Q15, rounding.
func mul15(a, b int) int { return (a*b + 1<<14) >> 15 }

// cosine returns the cosine of an angle, Q15, as every decoder has to.
func cosine(theta int) int {
	x := (theta*theta + 4096) >> 13
	return 1 + 32767 - x + mul15(x, -7651+mul15(x, 8277+mul15(-626, x)))
}

// logTan returns the logarithm to base 2 of a quotient of sine and cosine, Q11.
func logTan(sin, cos int) int {
	fraction := func(v int) (whole, log int) {
		whole = bits.Len(uint(v))
		v <<= 15 - whole
		return whole, mul15(v, mul15(v, -2597)+7932)
	}
	s, sLog := fraction(sin)
	c, cLog := fraction(cos)
	return (s-c)<<11 + sLog - cLog
}

// readPair decodes the band of both channels as mid and side (section 4.3.4.4),
// which become left, in p.x, and right, in y.
func (s *shapes) readPair(p part, y, keep []float32) (mask uint) {
	n := len(p.x)
	if n == 1 {
		s.readSign(p.x)
		s.readSign(y)
		keep[0] = p.x[0]
		return 1
	}
	fill := p.fill
	a := s.readAngle(&p, n, p.blocks, true)
	if n == 2 {
		mask = s.readTwo(p, y, keep, a, fill)
	} else {
		mid := half{part: p, read: func(m part) uint { return s.readChannel(m, keep) }}
		side := half{part: p, read: func(d part) uint { return s.readChannel(d, nil) }}
		side.x, side.fold, side.gain, side.fill = y, nil, a.gains[1], p.fill>>p.blocks
		// The mid is scaled at last, as it is to be repeated unscaled.
		mask = s.share(p.bits, a, mid, side)
		unmix(p.x, y, a.gains[0])
	}
	if a.inverted {
		for i := range y {
			y[i] = -y[i]
		}
	}
	return mask
}

// readTwo decodes two coefficients of each channel: mid and side are at right
// angles, so that a sign makes the one from the other.
func (s *shapes) readTwo(p part, y, keep []float32, a angle, fill uint) (mask uint) {
	x := p.x
	loud, soft := x, y
	if a.theta > 8192 {
		loud, soft = y, x
	}
	sign := float32(1)
	s.left -= a.cost
	if a.theta != 0 && a.theta != 16384 {
		p.bits -= 8
		s.left -= 8
		if s.r.Bits(1) == 1 {
			sign = -1
		}
	}
	p.x, p.fill = loud, fill
	mask = s.readChannel(p, keep)
	soft[0], soft[1] = -sign*loud[1], sign*loud[0]
	for i := range x {
		mid, side := a.gains[0]*x[i], a.gains[1]*y[i]
		x[i], y[i] = mid-side, mid+side
	}
	return mask
}

// unmix turns mid, which is to be scaled, and side, which is, into left and right
// of unit energy.
func unmix(x, y []float32, gain float32) {
	var cross, side float32
	for i, v := range y {
		cross += x[i] * v
		side += v * v
	}
	cross *= gain
	left := gain*gain + side - 2*cross
	right := gain*gain + side + 2*cross
	if left < 6e-4 || right < 6e-4 {
		copy(y, x)
		return
	}
	l, r := 1/float32(math.Sqrt(float64(left))), 1/float32(math.Sqrt(float64(right)))
	for i, d := range y {
		m := gain * x[i]
		x[i], y[i] = l*(m-d), r*(m+d)
	}
}
