package silk

// maxHistory is how much of the output is predicted from, 20 ms of 16 kHz.
const maxHistory = 320

// synthesis is the state of the filters (RFC 6716, section 4.2.7.9).
type synthesis struct {
	history    [maxHistory]int16 // the output, up to its end
	tail       [maxOrder]int32   // of the short-term filter, over the gain, Q14
	gainBefore int32             // Q16
}

func (s *synthesis) clear() {
	clear(s.history[:])
	clear(s.tail[:])
}

// run filters the excitation of a frame of a rate in kHz into out. As the
// encoder's choices rest on it, the arithmetic is that of appendix A to the bit:
// a long-term filter may amplify, and then so does it any other rounding.
func (s *synthesis) run(out []int16, f *frame, kHz, order int) {
	n, memory := 5*kHz, 20*kHz
	var output [maxHistory + maxFrame]int16 // ends with this frame's
	past := output[:memory+len(out)]
	copy(past, s.history[maxHistory-memory:])
	var residual [maxHistory + maxFrame]int32 // over the gain, Q15
	var lpc [maxOrder + maxFrame/4]int32      // Q14
	copy(lpc[:], s.tail[:])
	for k := range f.subframes {
		at := memory + k*n
		coefs := f.coefs[k>>1][:order]
		gain := f.gains[k]
		change := int32(1 << 16)
		if gain != s.gainBefore {
			change = quotient(s.gainBefore, gain, 16)
			for i := range maxOrder {
				lpc[i] = mulW(change, lpc[i])
			}
			s.gainBefore = gain
		}
		var buf [maxFrame / 4]int32
		x := buf[:copy(buf[:n], f.excitation[k*n:])] // the excitation is kept for conceal
		if f.signal == voiced || f.bridged && k < 2 {
			lag := f.lags[k]
			recent := residual[at-lag-2 : at]
			switch {
			case k == 0 || k == 2 && f.interpolated:
				scale := inverse(gain, 47)
				if k == 0 {
					scale = mulW(scale, f.historyScale) << 2
				}
				whiten(recent, past[at-lag-2-order:at], coefs, scale)
			case change != 1<<16:
				for i := range recent {
					recent[i] = mulW(change, recent[i])
				}
			}
			predictLong(residual[at-lag-2:], x, lag, &f.taps[k])
		}
		for i, e := range x {
			sum := int32(order / 2) // Q10
			for j, c := range coefs {
				sum += mulW(lpc[maxOrder+i-1-j], c)
			}
			v := clip32(int64(e) + int64(clip32(int64(sum)<<4)))
			lpc[maxOrder+i] = v
			past[at+i] = clip16(round(mulW(v, gain>>6), 8))
		}
		copy(lpc[:maxOrder], lpc[n:])
	}
	copy(s.tail[:], lpc[:maxOrder])
	copy(out, past[memory:])
	copy(s.history[maxHistory-memory:], past[len(past)-memory:])
}

// whiten recovers the residual from the output with the filter of this subframe
// (section 4.2.7.9.1). x begins as many samples earlier as the filter has taps.
func whiten(dst []int32, x []int16, coefs []int32, scale int32) {
	order := len(coefs)
	for i := range dst {
		var sum int32 // Q12
		for j, c := range coefs {
			sum += int32(x[order+i-1-j]) * c
		}
		v := round(int32(x[order+i])<<12-sum, 12)
		dst[i] = mulW(scale, int32(clip16(v)))
	}
}

// predictLong adds to the excitation x what the residual was a lag before, and
// appends the sum to the residual, which begins lag+2 samples before.
func predictLong(residual, x []int32, lag int, taps *[5]int32) {
	for i := range x {
		sum := int32(2) // Q13
		for j, tap := range taps {
			sum += mulW(residual[i+4-j], tap)
		}
		x[i] += sum << 1
		residual[lag+2+i] = x[i] << 1
	}
}
