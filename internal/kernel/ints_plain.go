//go:build !amd64 || purego

package kernel

func atInts([]int32) *float32 { return nil }

// fast is never reached: the tier is always Plain.
func (w *IntWeights) fast(int, []uint8, uint8, []int32, []int16) []int16 {
	panic("kernel: no assembly in this build")
}

func quantizeFast([]uint8, []float32, float32, uint8) int { return 0 }
