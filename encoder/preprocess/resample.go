package preprocess

import (
	"fmt"
	"math"
)

// Filter is a way to resize pictures, numbered as Pillow does.
type Filter int

// The filters of Pillow.
const (
	Nearest Filter = iota
	Lanczos
	Bilinear
	Bicubic
	Box
	Hamming
)

var filterNames = [...]string{"nearest", "lanczos", "bilinear", "bicubic", "box", "hamming"}

// String returns the filter's name.
func (f Filter) String() string {
	if f < 0 || int(f) >= len(filterNames) {
		return fmt.Sprintf("Filter(%d)", int(f))
	}
	return filterNames[f]
}

// kernel returns a filter's support and value. The conversions forbid fused multiplication, which
// some processors would use, so that all machines get the same weights.
func (f Filter) kernel() (support float64, value func(x float64) float64) {
	switch f {
	// Half-open, as Pillow's, so that no element is weighed from both sides.
	case Lanczos:
		return 3, func(x float64) float64 {
			if x < -3 || x >= 3 {
				return 0
			}
			return sinc(x) * sinc(x/3)
		}
	case Bilinear:
		return 1, func(x float64) float64 { return max(0, 1-math.Abs(x)) }
	case Bicubic:
		const a = -0.5 // Keys, 1981
		return 2, func(x float64) float64 {
			x = math.Abs(x)
			switch {
			case x < 1:
				return float64(float64(float64((a+2)*x)-(a+3))*x)*x + 1
			case x < 2:
				return (float64((float64((x-5)*x)+8)*x) - 4) * a
			}
			return 0
		}
	case Hamming:
		return 1, func(x float64) float64 {
			x = math.Abs(x)
			switch {
			case x == 0:
				return 1
			case x >= 1:
				return 0
			}
			const a, b = 0x1.147ae2p-1, 0x1.d70a3ep-2 // 0.54 and 0.46 as float32, as they are in Pillow
			return sinc(x) * (a + float64(b*math.Cos(x*math.Pi)))
		}
	}
	return 0.5, func(x float64) float64 { // Box
		if x > -0.5 && x <= 0.5 {
			return 1
		}
		return 0
	}
}

func sinc(x float64) float64 {
	if x == 0 {
		return 1
	}
	x *= math.Pi
	return math.Sin(x) / x
}

// weightBits is the number of fraction bits of a weight.
const weightBits = 22

// taps are the weights of one axis: output i is the sum of the inputs from first[i] on, by
// weights[start[i]:start[i+1]].
type taps struct {
	first, start []int
	weights      []int32
}

// newTaps returns the weights of outputs from … to-1 of an axis that is resized from n to m.
func newTaps(f Filter, n, m, from, to int) *taps {
	support, value := f.kernel()
	scale := float64(n) / float64(m)
	widen := max(scale, 1) // shrinking widens the filter: antialiasing
	support = float64(support * widen)
	t := &taps{start: []int{0}}
	var w []float64
	for i := from; i < to; i++ {
		center := float64((float64(i) + 0.5) * scale)
		lo := max(0, int(center-support+0.5))
		hi := min(n, int(center+support+0.5))
		w = w[:0]
		sum := 0.0
		for x := lo; x < hi; x++ {
			v := value((float64(x) - center + 0.5) * (1 / widen))
			w = append(w, v)
			sum += v
		}
		for _, v := range w {
			if sum != 0 {
				v *= 1 / sum
			}
			t.weights = append(t.weights, int32(math.Copysign(0.5, v)+float64(v*(1<<weightBits))))
		}
		t.first, t.start = append(t.first, lo), append(t.start, len(t.weights))
	}
	return t
}

// places are the inputs that nearest-neighbor sampling takes for outputs from … to-1. The place
// is summed up step by step, as Pillow does.
func places(n, m, from, to int) []int {
	step := float64(n) / float64(m)
	at := step * 0.5
	out := make([]int, 0, to-from)
	for i := range to {
		if i >= from {
			out = append(out, min(int(at), n-1))
		}
		at += step
	}
	return out
}

// window is a part of a resized picture.
type window struct {
	top, bottom, left, right int
}

// resizer computes the part of a resized plane that a window shows, as Pillow's resize and a crop
// would: the horizontal pass comes first, both passes round to 8 bits, and a pass that changes
// nothing is left out. It carries scratch memory: one goroutine at a time.
type resizer struct {
	width, height        int // of the input
	filter               Filter
	window               window
	columns, rows        []int // of nearest-neighbor sampling
	horizontal, vertical *taps // nil: a pass that changes nothing
	first, last          int   // rows of the input that the window needs

	pairs []int64
	sums  []int32
	lines []uint8
}

// newResizer prepares for planes of width × height that are resized to outW × outH.
func newResizer(width, height, outW, outH int, f Filter, w window) *resizer {
	r := &resizer{width: width, height: height, filter: f, window: w, first: w.top, last: w.bottom}
	if f == Nearest {
		r.columns, r.rows = places(width, outW, w.left, w.right), places(height, outH, w.top, w.bottom)
		return r
	}
	if outW != width {
		r.horizontal = newTaps(f, width, outW, w.left, w.right)
	}
	if outH != height {
		v := newTaps(f, height, outH, w.top, w.bottom)
		r.vertical, r.first, r.last = v, height, 0
		for i, at := range v.first {
			r.first, r.last = min(r.first, at), max(r.last, at+v.start[i+1]-v.start[i])
		}
	}
	return r
}

// plane writes the window of the resized plane into dst, row by row.
func (r *resizer) plane(dst, plane []uint8) {
	cols, rows := r.window.right-r.window.left, r.window.bottom-r.window.top
	if r.filter == Nearest {
		for y, sy := range r.rows {
			row, in := dst[y*cols:(y+1)*cols], plane[sy*r.width:(sy+1)*r.width]
			for x, sx := range r.columns {
				row[x] = in[sx]
			}
		}
		return
	}
	lines, stride, left := plane[r.first*r.width:r.last*r.width], r.width, r.window.left
	if r.horizontal != nil {
		lines, stride, left = r.across(lines), cols, 0
	}
	if r.vertical != nil {
		r.down(dst, lines[left:], stride, cols)
		return
	}
	for y := range rows {
		copy(dst[y*cols:(y+1)*cols], lines[y*stride+left:])
	}
}

// halfPair is one half in each part of a pair of sums.
const halfPair = 1<<(weightBits-1) | 1<<(weightBits-1+32)

// across resizes rows, two at a time: a pixel of the one and the pixel of the other below it are
// the halves of one number, so that a multiplication serves both.
func (r *resizer) across(src []uint8) []uint8 {
	t, width := r.horizontal, r.width
	cols, rows := len(t.first), len(src)/width
	if r.lines == nil {
		r.lines, r.pairs = make([]uint8, rows*cols), make([]int64, width)
	}
	for y := 0; y < rows; y += 2 {
		below := min(y+1, rows-1)
		upper, lower := src[y*width:(y+1)*width], src[below*width:(below+1)*width]
		pairs := r.pairs[:len(upper)]
		lower = lower[:len(upper)]
		for i, v := range upper {
			pairs[i] = int64(v) | int64(lower[i])<<32
		}
		one, two := r.lines[y*cols:(y+1)*cols], r.lines[below*cols:(below+1)*cols]
		start := t.start[0]
		for x, lo := range t.first {
			end := t.start[x+1]
			weights := t.weights[start:end]
			in := pairs[lo:][:len(weights)]
			sum := int64(halfPair)
			for i, k := range weights {
				sum += in[i] * int64(k)
			}
			start = end
			low := int32(sum)
			two[x] = clamp(int32((sum-int64(low))>>32) >> weightBits)
			one[x] = clamp(low >> weightBits)
		}
	}
	return r.lines
}

// down resizes columns, up to four rows of the input at a time.
func (r *resizer) down(dst, lines []uint8, stride, cols int) {
	t := r.vertical
	if r.sums == nil {
		r.sums = make([]int32, cols)
	}
	for y, first := range t.first {
		sums := r.sums[:cols]
		for i := range sums {
			sums[i] = 1 << (weightBits - 1)
		}
		weights := t.weights[t.start[y]:t.start[y+1]]
		at := (first - r.first) * stride
		for ; len(weights) >= 4; weights = weights[4:] {
			a, b := lines[at:][:len(sums)], lines[at+stride:][:len(sums)]
			c, d := lines[at+2*stride:][:len(sums)], lines[at+3*stride:][:len(sums)]
			k, l, m, n := weights[0], weights[1], weights[2], weights[3]
			for i := range sums {
				sums[i] += int32(a[i])*k + int32(b[i])*l + int32(c[i])*m + int32(d[i])*n
			}
			at += 4 * stride
		}
		for _, k := range weights {
			in := lines[at:][:len(sums)]
			for i := range sums {
				sums[i] += int32(in[i]) * k
			}
			at += stride
		}
		row := dst[y*cols:][:len(sums)]
		for i, s := range sums {
			row[i] = clamp(s >> weightBits)
		}
	}
}

func clamp(v int32) uint8 {
	if uint32(v) > 255 {
		return uint8(^(v >> 31))
	}
	return uint8(v)
}
