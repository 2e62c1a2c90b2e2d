package ref

import "math"

// Softmax sets every row of dst, cols elements, to exp(x)/Σ exp(x). dst may be x.
func Softmax[T Float](dst, x []T, cols int) {
	for at := 0; at+cols <= len(x) && cols > 0; at += cols {
		row, y := x[at:at+cols], dst[at:at+cols]
		peak := row[0]
		for _, v := range row {
			peak = max(peak, v)
		}
		var sum float64
		for i, v := range row {
			e := math.Exp(float64(v - peak))
			y[i] = T(e)
			sum += e
		}
		Scale(y, T(1/sum), y)
	}
}

// SoftmaxGrad adds y (dy - Σ dy y) to dx, where y = softmax x, row by row.
func SoftmaxGrad[T Float](dx, y, dy []T, cols int) {
	for at := 0; at+cols <= len(y) && cols > 0; at += cols {
		dot := Dot(y[at:at+cols], dy[at:at+cols])
		for i := at; i < at+cols; i++ {
			dx[i] += y[i] * (dy[i] - dot)
		}
	}
}

// LogSoftmax sets every row of dst, cols elements, to x - ln Σ exp(x).
func LogSoftmax[T Float](dst, x []T, cols int) {
	for at := 0; at+cols <= len(x) && cols > 0; at += cols {
		row := x[at : at+cols]
		AddScalar(dst[at:at+cols], row, -logSumExp(row))
	}
}

func logSumExp[T Float](row []T) T {
	peak := row[0]
	for _, v := range row {
		peak = max(peak, v)
	}
	var sum float64
	for _, v := range row {
		sum += math.Exp(float64(v - peak))
	}
	return T(float64(peak) + math.Log(sum))
}

// LogSoftmaxGrad adds dy - exp(y) Σ dy to dx, where y = log softmax x, row by row.
func LogSoftmaxGrad[T Float](dx, y, dy []T, cols int) {
	for at := 0; at+cols <= len(y) && cols > 0; at += cols {
		sum := Sum(dy[at : at+cols])
		for i := at; i < at+cols; i++ {
			dx[i] += dy[i] - T(math.Exp(float64(y[i])))*sum
		}
	}
}

// MaskedSoftmax is Softmax over the elements of each row whose mask is not zero; the others become
// zero and are not read. A row without any such element becomes zeros. dst may be x.
func MaskedSoftmax[T Float](dst, x, mask []T, cols int) {
	for at := 0; at+cols <= len(x) && cols > 0; at += cols {
		row, y, m := x[at:at+cols], dst[at:at+cols], mask[at:at+cols]
		first := true
		var peak T
		for i, v := range row {
			if m[i] != 0 {
				if first {
					peak, first = v, false
				}
				peak = max(peak, v)
			}
		}
		if first {
			clear(y)
			continue
		}
		var sum float64
		for i, v := range row {
			e := 0.0
			if m[i] != 0 {
				e = math.Exp(float64(v - peak))
			}
			y[i] = T(e)
			sum += e
		}
		Scale(y, T(1/sum), y)
	}
}

// MaskedSoftmaxGrad is SoftmaxGrad over the elements whose mask is not zero; dy is not read at the
// others.
func MaskedSoftmaxGrad[T Float](dx, y, dy, mask []T, cols int) {
	for at := 0; at+cols <= len(y) && cols > 0; at += cols {
		var dot float64
		for i := at; i < at+cols; i++ {
			if mask[i] != 0 {
				dot += float64(y[i]) * float64(dy[i])
			}
		}
		for i := at; i < at+cols; i++ {
			if mask[i] != 0 {
				dx[i] += y[i] * (dy[i] - T(dot))
			}
		}
	}
}
