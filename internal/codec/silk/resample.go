package silk

// upsampler brings a channel to 48 kHz: twice the rate by all-pass filters, then
// the rest by a polyphase filter. RFC 6716, section 4.2.9, leaves the method
// open; it is the one of appendix A, so that the delays agree.
type upsampler struct {
	kHz    int
	state  [2][3]int32
	recent [8]int16 // of twice the rate
	late   [7]int16 // input that waits
}

// lateness is by how many samples the input is delayed, so that all rates have
// the same delay.
func lateness(kHz int) int {
	switch kHz {
	case 8:
		return 0
	case 12:
		return 4
	}
	return 7
}

// allPass are the coefficients of the two phases, Q16.
var allPass = [2][3]int32{{1746, 14986, 39083}, {6854, 25769, 55542}}

// phases are halves of the symmetric filters between the samples.
var phases = [12][4]int32{
	{189, -600, 617, 30567},
	{117, -159, -1070, 29704},
	{52, 221, -2392, 28276},
	{-4, 529, -3350, 26341},
	{-48, 758, -3956, 23973},
	{-80, 905, -4235, 21254},
	{-99, 972, -4222, 18278},
	{-107, 967, -3957, 15143},
	{-103, 896, -3487, 11950},
	{-91, 773, -2865, 8798},
	{-71, 611, -2143, 5784},
	{-46, 425, -1375, 2996},
}

// setRate prepares for input of a rate. A change forgets the input before.
func (u *upsampler) setRate(kHz int) {
	if u.kHz != kHz {
		*u = upsampler{kHz: kHz}
	}
}

// run writes the samples of x to every stride-th place of dst.
func (u *upsampler) run(dst []float32, stride int, x []int16) {
	wait := lateness(u.kHz)
	var twice [8 + 2*maxFrame]int16
	copy(twice[:], u.recent[:])
	for i := range x {
		v := x[max(i-wait, 0)]
		if i < wait {
			v = u.late[i]
		}
		for phase := range 2 {
			twice[8+2*i+phase] = u.filter(v, phase)
		}
	}
	copy(u.late[:], x[len(x)-wait:])
	copy(u.recent[:], twice[2*len(x):])
	out := len(x) * 48 / u.kHz
	for i := range out {
		// The place in the doubled signal, in 12ths.
		place := i * 2 * u.kHz * 12 / 48
		at, phase := place/12, place%12
		var sum int32 // Q15
		for k := range 4 {
			sum += int32(twice[at+k])*phases[phase][k] + int32(twice[at+7-k])*phases[11-phase][k]
		}
		dst[i*stride] = float32(clip16(round(sum, 15))) / 32768
	}
}

// filter passes a sample through the three sections of a phase.
func (u *upsampler) filter(in int16, phase int) int16 {
	v := int32(in) << 10
	s := &u.state[phase]
	for i, c := range allPass[phase] {
		d := mulW(v-s[i], c)
		v, s[i] = s[i]+d, v+d
	}
	return clip16(round(v, 10))
}
