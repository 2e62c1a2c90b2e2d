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
	support *= widen
	t := &taps{start: []int{0}}
	var w []float64
	for i := from; i < to; i++ {
		center := (float64(i) + 0.5) * scale
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

// resize returns the part of a plane of width × height that w shows when the plane is resized to
// outW × outH. It computes what Pillow's resize and a crop would: the horizontal pass comes first,
// both passes round to 8 bits, and a pass that changes nothing is left out.
func resize(plane []uint8, width, height, outW, outH int, f Filter, w window) []uint8 {
	cols, rows := w.right-w.left, w.bottom-w.top
	out := make([]uint8, rows*cols)
	if f == Nearest {
		xs, ys := places(width, outW, w.left, w.right), places(height, outH, w.top, w.bottom)
		for y, sy := range ys {
			row, in := out[y*cols:(y+1)*cols], plane[sy*width:(sy+1)*width]
			for x, sx := range xs {
				row[x] = in[sx]
			}
		}
		return out
	}
	// Rows of the input that the window needs.
	first, last := w.top, w.bottom
	var vertical *taps
	if outH != height {
		vertical = newTaps(f, height, outH, w.top, w.bottom)
		first, last = vertical.first[0], vertical.first[rows-1]+vertical.start[rows]-vertical.start[rows-1]
		for i, at := range vertical.first { // with a wide filter the first need not be the lowest
			first, last = min(first, at), max(last, at+vertical.start[i+1]-vertical.start[i])
		}
	}
	lines := plane[first*width : last*width]
	stride, left := width, w.left
	if outW != width {
		lines = horizontal(lines, width, last-first, newTaps(f, width, outW, w.left, w.right))
		stride, left = cols, 0
	}
	if vertical == nil {
		for y := range rows {
			copy(out[y*cols:(y+1)*cols], lines[y*stride+left:])
		}
		return out
	}
	sums := make([]int32, cols)
	for y := range rows {
		for i := range sums {
			sums[i] = 1 << (weightBits - 1)
		}
		at := (vertical.first[y]-first)*stride + left
		for _, k := range vertical.weights[vertical.start[y]:vertical.start[y+1]] {
			for i, v := range lines[at : at+cols] {
				sums[i] += int32(v) * k
			}
			at += stride
		}
		row := out[y*cols : (y+1)*cols]
		for i, s := range sums {
			row[i] = clamp(s >> weightBits)
		}
	}
	return out
}

// horizontal resizes each of the rows of src.
func horizontal(src []uint8, width, rows int, t *taps) []uint8 {
	cols := len(t.first)
	out := make([]uint8, rows*cols)
	for y := range rows {
		in, row := src[y*width:(y+1)*width], out[y*cols:(y+1)*cols]
		for x, lo := range t.first {
			weights := t.weights[t.start[x]:t.start[x+1]]
			sum := int32(1 << (weightBits - 1))
			for i, v := range in[lo : lo+len(weights)] {
				sum += int32(v) * weights[i]
			}
			row[x] = clamp(sum >> weightBits)
		}
	}
	return out
}

func clamp(v int32) uint8 {
	if uint32(v) > 255 {
		return uint8(^(v >> 31))
	}
	return uint8(v)
}
