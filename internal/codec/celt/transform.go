package celt

import (
	"math"
	"sync"
)

const (
	shortBlock = 120 // samples of a short block, 2.5 ms
	overlap    = 120 // by which each transform reaches into the next
)

// window returns the rising half of the window (RFC 6716, section 4.3.7).
var window = sync.OnceValue(func() *[overlap]float32 {
	w := new([overlap]float32)
	for i := range w {
		s := math.Sin(math.Pi / 2 * (float64(i) + 0.5) / overlap)
		w[i] = float32(math.Sin(math.Pi / 2 * s * s))
	}
	return w
})

// Window returns a value of the rising half of the window, for i below 120. Its square
// is the weight by which one signal is faded into another.
func Window(i int) float32 { return window()[i] }

// lap writes a block to y, whose first half of an overlap is what the block before
// left behind, and lets it run into the one before; the last samples of the block
// are left behind for the next.
func lap(y, block []float32) {
	const half = overlap / 2
	copy(y[half:], block)
	w := window()
	for i := range half {
		old, new := y[i], y[overlap-1-i]
		y[i] = w[overlap-1-i]*old - w[i]*new
		y[overlap-1-i] = w[i]*old + w[overlap-1-i]*new
	}
}
