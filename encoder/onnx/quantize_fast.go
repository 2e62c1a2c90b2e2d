package onnx

// extremes returns the least and the greatest of x.
func extremes(x []float32) (lo, hi float32) {
	for _, v := range x {
		lo, hi = min(lo, v), max(hi, v)
	}
	return lo, hi
}

// quantizeBytes is quantize to uint8.
func quantizeBytes(y []uint8, x []float32, scale float32, zero uint8) {
	quantize(y, x, scale, int32(zero), 0, 255)
}

func fastMatMulInteger(*builder) runner { return nil }
