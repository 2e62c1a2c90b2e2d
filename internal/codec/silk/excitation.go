package silk

// quantizationOffsets by the signal and the type (RFC 6716, table 53), Q10.
var quantizationOffsets = [3][2]int32{{100, 240}, {100, 240}, {32, 100}}

// readExcitation decodes n samples of the excitation, Q14 (section 4.2.7.8).
func (f *frame) readExcitation(d reader, n int, seed uint32) {
	const block = 16
	isVoiced := 0
	if f.signal == voiced {
		isVoiced = 1
	}
	level := pdfPulses[d.Symbol(pdfRate[isVoiced])]
	var pulses, low [maxFrame / block]int
	blocks := (n + block - 1) / block
	for i := range blocks {
		pulses[i] = d.Symbol(level)
		for pulses[i] == 17 {
			low[i]++
			more := pdfPulses[9]
			if low[i] == 10 {
				more = pdfPulses[10]
			}
			pulses[i] = d.Symbol(more)
		}
	}
	x := f.excitation[:blocks*block]
	clear(x)
	for i := range blocks {
		d.place(x[i*block:(i+1)*block], pulses[i])
	}
	for i := range x {
		for range low[i/block] {
			x[i] = x[i]<<1 + int32(d.Symbol(pdfLSB))
		}
	}
	signs := &negative[f.signal][f.offset]
	for i := range x {
		if x[i] == 0 {
			continue
		}
		p := signs[min(pulses[i/block], 6)]
		if d.Symbol(pdf{p, uint8(256 - int(p))}) == 0 {
			x[i] = -x[i]
		}
	}
	f.dither(x, seed)
}

// place decodes where the pulses are, which halves of halves hold how many.
func (d reader) place(x []int32, pulses int) {
	if pulses == 0 {
		return
	}
	if len(x) == 1 {
		x[0] = int32(pulses)
		return
	}
	var split *[16]pdf
	switch len(x) {
	case 16:
		split = &pdfSplit16
	case 8:
		split = &pdfSplit8
	case 4:
		split = &pdfSplit4
	default:
		split = &pdfSplit2
	}
	left, half := d.Symbol(split[pulses-1]), len(x)/2
	d.place(x[:half], left)
	d.place(x[half:], pulses-left)
}

// dither scales the pulses and inverts them at random (section 4.2.7.8.6).
func (f *frame) dither(x []int32, seed uint32) {
	offset := quantizationOffsets[f.signal][f.offset] << 4
	for i, pulse := range x {
		v := pulse<<14 + offset
		switch {
		case pulse > 0:
			v -= 80 << 4
		case pulse < 0:
			v += 80 << 4
		}
		seed = 196314165*seed + 907633515
		if seed>>31 != 0 {
			v = -v
		}
		seed += uint32(pulse)
		x[i] = v
	}
}
