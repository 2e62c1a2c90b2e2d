package silk

// stereo turns mid and side into left and right (RFC 6716, section 4.2.8).
type stereo struct {
	weights   [2]int32 // of the side's prediction from the mid, Q13
	mid, side [2]int16 // the last samples
}

// readWeights decodes the prediction weights (section 4.2.7.1).
func (d reader) readWeights() (w [2]int32) {
	n := d.Symbol(pdfStereo1)
	for i, first := range [2]int{n / 5, n % 5} {
		at := 3*first + d.Symbol(pdfStereo2)
		step := mulW(stereoWeights[at+1]-stereoWeights[at], 6554)
		w[i] = stereoWeights[at] + step*int32(2*d.Symbol(pdfStereo3)+1)
	}
	w[0] -= w[1]
	return w
}

// delay puts the last two samples before a channel's new ones. The output is
// one sample late, as the prediction looks ahead.
func delay(x []int16, last *[2]int16) {
	copy(x, last[:])
	copy(last[:], x[len(x)-2:])
}

// unmix turns mid and side into left and right in place. Both begin with two
// samples of before; the output is at 1, as in a mono frame. The weights reach
// their new values after 8 ms.
func (s *stereo) unmix(mid, side []int16, w [2]int32, kHz int) {
	delay(mid, &s.mid)
	delay(side, &s.side)
	unit := int32(1<<16) / int32(8*kHz)
	var step [2]int32
	for i := range w {
		step[i] = round(int32(int16(w[i]-s.weights[i]))*unit, 16) // wraps in appendix A
	}
	p := s.weights
	for i := range len(mid) - 2 {
		if i < 8*kHz {
			p[0] += step[0]
			p[1] += step[1]
		} else {
			p = w
		}
		smooth := (int32(mid[i]) + int32(mid[i+2]) + int32(mid[i+1])<<1) << 9 // Q11
		sum := int32(side[i+1])<<8 + mulW(smooth, p[0])                       // Q8
		sum += mulW(int32(mid[i+1])<<11, p[1])
		side[i+1] = clip16(round(sum, 8))
	}
	s.weights = w
	for i := 1; i < len(mid)-1; i++ {
		m, d := int32(mid[i]), int32(side[i])
		mid[i], side[i] = clip16(m+d), clip16(m-d)
	}
}
