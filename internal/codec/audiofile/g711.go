package audiofile

// The expansion tables of ITU-T G.711, full scale ±1.
var aLaw, muLaw = expand(expandA), expand(expandMu)

func expand(f func(byte) int) *[256]float32 {
	var t [256]float32
	for i := range t {
		t[i] = float32(f(byte(i))) / (1 << 15)
	}
	return &t
}

// expandA returns 16-bit linear from A-law: even bits are inverted; sign, 3 bits
// of exponent, 4 of mantissa.
func expandA(b byte) int {
	b ^= 0x55
	exp, v := int(b>>4&7), int(b&15)<<4+8
	if exp > 0 {
		v = (v + 0x100) << (exp - 1)
	}
	if b&0x80 == 0 {
		return -v
	}
	return v
}

// expandMu returns 16-bit linear from µ-law: all bits are inverted; bias 0x84.
func expandMu(b byte) int {
	b = ^b
	v := (int(b&15)<<3+0x84)<<(b>>4&7) - 0x84
	if b&0x80 != 0 {
		return -v
	}
	return v
}
