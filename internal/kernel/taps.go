package kernel

import "github.com/fusor-ml/fusor/internal/kernel/ref"

// Tap is one place of a depthwise sum: where its inputs and its weights start.
type Tap = ref.Tap

// WeightedTaps sets dst to bias plus the sum over taps of x[tap.X:] times w[tap.W:], element by
// element. bias may be nil.
func WeightedTaps(dst, bias, x, w []float32, taps []Tap) { ref.WeightedTaps(dst, bias, x, w, taps) }
