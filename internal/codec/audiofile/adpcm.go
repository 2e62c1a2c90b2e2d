package audiofile

import (
	"encoding/binary"
	"errors"
	"math"
)

// adpcm is how blocks of samples of 4 bits are coded, which are differences from a prediction.
type adpcm struct {
	size  int              // of a block, in bytes
	coefs [][2]int         // of Microsoft's, the pairs that a block names one of
	order binary.ByteOrder // of its words
}

// parseADPCM reads a format chunk, whose extension of the extensible form comes behind that form's.
func parseADPCM(f *wavFormat, b []byte, order binary.ByteOrder) (*adpcm, error) {
	a := &adpcm{size: int(order.Uint16(b[12:])), order: order}
	head := 4
	if f.tag == tagMSADPCM {
		head = 7
		ext, n := b[min(18, len(b)):], 0
		if order.Uint16(b) == tagExtensible {
			ext = b[40:]
		}
		if len(ext) >= 4 {
			n = int(order.Uint16(ext[2:]))
		}
		if n < 1 || n > 256 || len(ext) < 4+4*n {
			return nil, errors.New("the format chunk lacks the coefficients of its ADPCM")
		}
		for i := range n {
			at := ext[4+4*i:]
			a.coefs = append(a.coefs, [2]int{int(int16(order.Uint16(at))), int(int16(order.Uint16(at[2:])))})
		}
	}
	if f.bits != 4 || f.channels < 1 || f.tag == tagMSADPCM && f.channels > 2 || a.size <= head*f.channels || a.size > blockBytes/2 {
		return nil, errors.New("the format chunk of its ADPCM is damaged")
	}
	return a, nil
}

// blocks decodes the blocks of the data chunk at pos.
func (w *wavReader) blocks(f *wavFormat, buf *block, pos, length int64, s *sink) error {
	if err := s.open(f.rate, f.channels, length/int64(f.adpcm.size)*int64(f.adpcm.size)); err != nil {
		return err
	}
	whole := make([]byte, f.adpcm.size)
	for ; length > 0; pos, length = pos+int64(f.adpcm.size), length-int64(f.adpcm.size) {
		raw := whole[:min(length, int64(len(whole)))]
		if err := w.readAt(raw, pos); err != nil {
			return err
		}
		var x []float32
		if f.tag == tagIMAADPCM {
			x = f.adpcm.ima(buf.samples[:0], raw, f.channels)
		} else {
			var err error
			if x, err = f.adpcm.microsoft(buf.samples[:0], raw, f.channels); err != nil {
				return err
			}
		}
		if err := s.write(x); err != nil {
			return err
		}
	}
	return nil
}

// imaSteps are the step sizes by index (IMA Recommended Practices for Enhancing Digital Audio
// Compatibility, 1992): each is a tenth more than the one before.
var imaSteps = [89]int{
	7, 8, 9, 10, 11, 12, 13, 14, 16, 17, 19, 21, 23, 25, 28, 31, 34, 37, 41, 45, 50, 55, 60, 66, 73, 80, 88, 97, 107, 118,
	130, 143, 157, 173, 190, 209, 230, 253, 279, 307, 337, 371, 408, 449, 494, 544, 598, 658, 724, 796, 876, 963, 1060,
	1166, 1282, 1411, 1552, 1707, 1878, 2066, 2272, 2499, 2749, 3024, 3327, 3660, 4026, 4428, 4871, 5358, 5894, 6484,
	7132, 7845, 8630, 9493, 10442, 11487, 12635, 13899, 15289, 16818, 18500, 20350, 22385, 24623, 27086, 29794, 32767,
}

// imaMoves are what a code adds to the index.
var imaMoves = [8]int{-1, -1, -1, -1, 2, 4, 6, 8}

// ima decodes a block of DVI ADPCM (RFC 2361, section A.16): of each channel a first sample and an
// index, then words of eight codes of each channel in turn, the lowest first.
func (a *adpcm) ima(x []float32, raw []byte, channels int) []float32 {
	if len(raw) < 4*channels {
		return x
	}
	words := (len(raw) - 4*channels) / (4 * channels)
	x = x[:(1+8*words)*channels]
	for ch := range channels {
		h := raw[4*ch:]
		sample, index := int(int16(a.order.Uint16(h))), min(int(h[2]), len(imaSteps)-1)
		x[ch] = float32(sample) / (1 << 15)
		for i := range 8 * words {
			code := int(raw[4*channels+4*(i/8*channels+ch)+i%8/2]) >> (4 * (i & 1)) & 15
			step := imaSteps[index]
			// As ffmpeg has it. The definition shifts in place of multiplying, which drops up to 2 of the
			// sum: what libsndfile encodes is 47 dB apart in the two ways and 28 dB from what was encoded,
			// what ffmpeg encodes is 27 dB apart.
			diff := (2*(code&7) + 1) * step >> 3
			if code&8 != 0 {
				diff = -diff
			}
			sample = min(max(sample+diff, math.MinInt16), math.MaxInt16)
			index = min(max(index+imaMoves[code&7], 0), len(imaSteps)-1)
			x[(1+i)*channels+ch] = float32(sample) / (1 << 15)
		}
	}
	return x
}

// msAdapt is what a code makes of the step size, in units of 1/256.
var msAdapt = [16]int{230, 230, 230, 230, 307, 409, 512, 614, 768, 614, 512, 409, 307, 230, 230, 230}

// microsoft decodes a block of Microsoft's ADPCM (RFC 2361, section A.2): of each channel the pair
// of coefficients, the step size and two samples, the later one first; then codes, the higher of a
// byte first, the channels in turn.
func (a *adpcm) microsoft(x []float32, raw []byte, channels int) ([]float32, error) {
	if len(raw) < 7*channels {
		return x, nil
	}
	type state struct {
		coefs        [2]int
		step         int
		last, before int
	}
	var states [2]state
	word := func(i, ch int) int { return int(int16(a.order.Uint16(raw[channels+2*(i*channels+ch):]))) }
	for ch := range channels {
		if int(raw[ch]) >= len(a.coefs) {
			return nil, errors.New("a block of its ADPCM is damaged")
		}
		states[ch] = state{a.coefs[raw[ch]], word(0, ch), word(1, ch), word(2, ch)}
	}
	for ch := range channels {
		x = append(x, float32(states[ch].before)/(1<<15))
	}
	for ch := range channels {
		x = append(x, float32(states[ch].last)/(1<<15))
	}
	codes := raw[7*channels:]
	for i := range 2 * len(codes) {
		code := int(codes[i/2]) >> (4 * (1 - i&1)) & 15
		st := &states[i%channels]
		sample := (st.last*st.coefs[0]+st.before*st.coefs[1])/256 + (code^8-8)*st.step
		sample = min(max(sample, math.MinInt16), math.MaxInt16)
		st.last, st.before = sample, st.last
		st.step = min(max(msAdapt[code]*st.step>>8, 16), math.MaxInt32/768)
		x = append(x, float32(sample)/(1<<15))
	}
	return x, nil
}
