package silk

// comfort is the noise of the background, which is added to frames that are
// filled in.
type comfort struct {
	rate       int // kHz
	lsf        [maxOrder]int32
	gain       int32           // Q16
	excitation [maxFrame]int32 // Q14
	seed       uint32
	tail       [maxOrder]int32 // of the filter
}

// prepare makes the noise that of a rate: at first it is white and silent.
func (n *comfort) prepare(kHz, order int) {
	if n.rate == kHz {
		return
	}
	n.rate = kHz
	for k := range order {
		n.lsf[k] = int32(k+1) * (32767 / int32(order+1))
	}
	n.gain, n.seed = 0, 3176576
}

// learn follows a frame in which nobody speaks, of subframes of so many samples.
func (n *comfort) learn(f *frame, lsf []int32, samples int) {
	for k, v := range lsf {
		n.lsf[k] += mulW(v-n.lsf[k], 16348)
	}
	loudest := 0
	for k, gain := range f.gains[:f.subframes] {
		if gain > f.gains[loudest] {
			loudest = k
		}
	}
	copy(n.excitation[samples:], n.excitation[:(f.subframes-1)*samples])
	copy(n.excitation[:samples], f.excitation[loudest*samples:])
	for _, gain := range f.gains[:f.subframes] {
		n.gain += mulW(gain-n.gain, 4634)
	}
}

// silence lets the filter begin anew.
func (n *comfort) silence(order int) { clear(n.tail[:order]) }

// add adds the noise to out, less what noise there is of a gain, Q16.
func (n *comfort) add(out []int16, have int32, order int) {
	gain := n.missing(have) >> 6 // Q10
	mask := 255
	for mask > len(out) {
		mask >>= 1
	}
	ordering := lsfBooks[0].ordering
	if order == maxOrder {
		ordering = lsfBooks[1].ordering
	}
	var coefs [maxOrder]int32
	predictor(&coefs, n.lsf[:order], ordering)
	var x [maxOrder + maxFrame]int32
	copy(x[:], n.tail[:])
	for i := range out {
		n.seed = 196314165*n.seed + 907633515
		sum := int32(order / 2) // Q10
		for j, c := range coefs[:order] {
			sum += mulW(x[maxOrder+i-1-j], c)
		}
		v := clip32(int64(n.excitation[int(n.seed>>24)&mask]) + int64(clip32(int64(sum)<<4)))
		x[maxOrder+i] = v
		out[i] = clip16(int32(out[i]) + int32(clip16(round(mulW(v, gain), 8))))
	}
	copy(n.tail[:], x[len(out):])
}

// missing returns the gain by which the noise is to be added, Q16: the powers add
// up, 32 times what there is.
func (n *comfort) missing(have int32) int32 {
	if have >= 1<<21 || n.gain > 1<<23 {
		a, b := have>>16, n.gain>>16
		return root(b*b-a*a<<5) << 16
	}
	return root(mulW(n.gain, n.gain)-mulW(have, have)<<5) << 8
}
