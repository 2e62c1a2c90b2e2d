package celt

import "github.com/fusor-ml/fusor/internal/codec/rangecoder"

// postFilter adds what was heard a period ago (RFC 6716, section 4.3.7.1).
type postFilter struct {
	period int
	gain   float32
	taps   int
}

// Bounds of the period, which is at least the first.
const (
	minPeriod = 15
	maxPeriod = 1022
)

// tapGains are the gains of the taps around the period by their set.
var tapGains = [3][3]float32{
	{0.3066406250, 0.2170410156, 0.1296386719},
	{0.4638671875, 0.2680664062, 0},
	{0.7998046875, 0.1000976562, 0},
}

// read decodes the filter of the next frame's beginning.
func (p *postFilter) read(r *rangecoder.Decoder) {
	octave := int(r.Uniform(6))
	p.period = 16<<octave + int(r.Bits(4+octave)) - 1
	p.gain = 3.0 / 32 * float32(r.Bits(3)+1)
	if r.Tell()+2 <= 8*r.Len() {
		p.taps = r.SymbolOf(pdfTaps, 2)
	}
}

// gains returns the gains of the taps at a distance of 0, 1 and 2.
func (p *postFilter) gains() (g [3]float32) {
	for i, v := range tapGains[p.taps] {
		g[i] = p.gain * v
	}
	return g
}

// change filters x from at on in place, turning from one filter to another in the
// time of an overlap. The samples before at are filtered already.
func change(x []float32, at int, from, to postFilter) {
	if from.gain == 0 && to.gain == 0 {
		return
	}
	from.period, to.period = max(from.period, minPeriod), max(to.period, minPeriod)
	if from != to {
		old, now := from.gains(), to.gains()
		w := window()
		for i := range overlap {
			in := w[i] * w[i]
			out := 1 - in
			a, b := x[at+i-from.period-2:][:5], x[at+i-to.period-2:][:5]
			x[at+i] += out*old[0]*a[2] + out*old[1]*(a[1]+a[3]) + out*old[2]*(a[0]+a[4]) +
				in*now[0]*b[2] + in*now[1]*(b[1]+b[3]) + in*now[2]*(b[0]+b[4])
		}
		at += overlap
	}
	if to.gain == 0 {
		return
	}
	g := to.gains()
	for i := at; i < len(x); i++ {
		a := x[i-to.period-2:][:5]
		x[i] += g[0]*a[2] + g[1]*(a[1]+a[3]) + g[2]*(a[0]+a[4])
	}
}
