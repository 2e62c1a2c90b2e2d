package mp3

import "math"

// synthesis is the polyphase filter bank of one channel (ISO/IEC 11172-3,
// 2.4.3.2.2): a DCT of the 32 subbands, and a window over the last 16 DCTs.
//
// Of the 64 values of the standard's vector V the first half is only taken at
// even ages and the second at odd ones. So they are kept apart, by the parity
// of the time that they will be taken at, for each sample in rings of 8.
type synthesis struct {
	rings [2][2][32][8]float32 // by parity, half of V, sample
	time  int
}

// window8 holds, for both halves of V, sample and ring position of the newest
// value, the 8 window coefficients in the order of the ring.
var window8 = func() *[2][8][32][8]float32 {
	var d [512]float32
	for i, v := range windowHalf {
		d[i] = float32(v) / (1 << 16)
		if i > 0 && i%64 == 0 {
			d[512-i] = d[i]
		} else if i > 0 {
			d[512-i] = -d[i]
		}
	}
	var t [2][8][32][8]float32
	for half := range t {
		for newest := range 8 {
			for j := range 32 {
				for at := range 8 {
					age := (newest - at) & 7
					t[half][newest][j][at] = d[64*age+32*half+j]
				}
			}
		}
	}
	return &t
}()

// step turns one sample of every subband into 32 samples, which it stores in
// dst at every stride-th place.
func (s *synthesis) step(subbands *[32]float32, dst []float32, stride int) {
	var y [32]float32
	dct32(subbands, &y)
	parity, at := s.time&1, s.time>>1&7
	first := &s.rings[parity][0]
	// V[j] = y[16+j] for j < 16, then 0, then -y[48-j]; V[32+j] = -y[16-j] for
	// j <= 16, then -y[j-16].
	next := &s.rings[1-parity][1]
	later := (s.time + 1) >> 1 & 7
	for j := range 16 {
		first[j][at] = y[16+j]
		next[j][later] = -y[16-j]
	}
	first[16][at] = 0
	next[16][later] = -y[0]
	for j := 17; j < 32; j++ {
		first[j][at] = -y[48-j]
		next[j][later] = -y[j-16]
	}
	second := &s.rings[parity][1]
	w0, w1 := &window8[0][at], &window8[1][at]
	for j := range 32 {
		a, b, u, v := &first[j], &second[j], &w0[j], &w1[j]
		p := a[0]*u[0] + a[1]*u[1] + a[2]*u[2] + a[3]*u[3]
		q := a[4]*u[4] + a[5]*u[5] + a[6]*u[6] + a[7]*u[7]
		r := b[0]*v[0] + b[1]*v[1] + b[2]*v[2] + b[3]*v[3]
		t := b[4]*v[4] + b[5]*v[5] + b[6]*v[6] + b[7]*v[7]
		dst[j*stride] = p + q + (r + t)
	}
	s.time++
}

// secants32 holds 1/(2 cos(π(2k+1)/2N)) for N = 32, 16, 8, 4, 2.
var secants32 = func() (t [5][16]float32) {
	for level := range t {
		n := 32 >> level
		for k := range n / 2 {
			t[level][k] = float32(0.5 / math.Cos(math.Pi*float64(2*k+1)/float64(2*n)))
		}
	}
	return t
}()

// dct32 computes y[n] = Σ x[k] cos(π/64 n(2k+1)) by Lee's algorithm (IEEE
// Trans. ASSP-32, 1984): the DCT of size N is one of size N/2 of the sums of
// mirrored terms, and one of their differences, divided by 2 cos(π(2k+1)/2N),
// of which neighbors are added.
func dct32(x, y *[32]float32) {
	a, b := *x, [32]float32{}
	for level := range 5 {
		n := 32 >> level
		h := n / 2
		sec := &secants32[level]
		for base := 0; base < 32; base += n {
			for k := range h {
				p, q := a[(base+k)&31], a[(base+n-1-k)&31]
				b[(base+k)&31] = p + q
				b[(base+h+k)&31] = (p - q) * sec[k&15]
			}
		}
		a = b
	}
	// Back: the halves are woven, the sums of neighbors at odd places.
	for n := 2; n <= 32; n *= 2 {
		h := n / 2
		for base := 0; base < 32; base += n {
			for k := range h {
				b[(base+2*k)&31] = a[(base+k)&31]
				v := a[(base+h+k)&31]
				if k+1 < h {
					v += a[(base+h+k+1)&31]
				}
				b[(base+2*k+1)&31] = v
			}
		}
		a = b
	}
	*y = a
}
