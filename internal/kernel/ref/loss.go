package ref

import "math"

// CrossEntropy returns the mean of w[target] (-ln softmax(x)[target]) with label smoothing as in
// PyTorch, and sets logp [rows, classes] to the log softmax. Rows with a target below zero are left
// out; without any row the loss is 0. A nil weights means ones. total is the divisor: the sum of
// the weights of the targets.
func CrossEntropy[T Float](logp, x []T, target []int32, weights []float32, smoothing float64, classes int) (loss T, total float64) {
	LogSoftmax(logp, x, classes)
	var sum float64
	for r, k := range target {
		if k < 0 {
			continue
		}
		row := logp[r*classes : (r+1)*classes]
		w := classWeight(weights, int(k))
		total += w
		sum -= (1 - smoothing) * w * float64(row[k])
		if smoothing > 0 {
			var s float64
			for c, v := range row {
				s += classWeight(weights, c) * float64(v)
			}
			sum -= smoothing / float64(classes) * s
		}
	}
	if total == 0 {
		return 0, 0
	}
	return T(sum / total), total
}

// CrossEntropyGrad adds the gradient of CrossEntropy, times dy, to dx.
func CrossEntropyGrad[T Float](dx, logp []T, target []int32, weights []float32, smoothing float64, classes int, total float64, dy T) {
	if total == 0 {
		return
	}
	scale := float64(dy) / total
	var all float64 // the weight of a row's smoothed part
	for c := range classes {
		all += classWeight(weights, c)
	}
	each := smoothing / float64(classes)
	for r, k := range target {
		if k < 0 {
			continue
		}
		w := (1 - smoothing) * classWeight(weights, int(k))
		row, d := logp[r*classes:(r+1)*classes], dx[r*classes:(r+1)*classes]
		for c, v := range row {
			g := math.Exp(float64(v)) * (w + each*all)
			if smoothing > 0 {
				g -= each * classWeight(weights, c)
			}
			if c == int(k) {
				g -= w
			}
			d[c] += T(scale * g)
		}
	}
}

func classWeight(weights []float32, c int) float64 {
	if weights == nil {
		return 1
	}
	return float64(weights[c])
}

// BCEWithLogits returns the mean of softplus(x) - x target.
func BCEWithLogits[T Float](x, target []T) T {
	var sum float64
	for i, v := range x {
		sum += softplus(float64(v)) - float64(v)*float64(target[i])
	}
	return T(sum / float64(len(x)))
}

// BCEWithLogitsGrad adds (sigmoid(x) - target) dy/n to dx.
func BCEWithLogitsGrad[T Float](dx, x, target []T, dy T) {
	scale := float64(dy) / float64(len(x))
	for i, v := range x {
		dx[i] += T(scale * (sigmoid(float64(v)) - float64(target[i])))
	}
}

// MSE returns the mean of (x - target)².
func MSE[T Float](x, target []T) T {
	var sum float64
	for i, v := range x {
		d := float64(v) - float64(target[i])
		sum += d * d
	}
	return T(sum / float64(len(x)))
}

// MSEGrad adds 2 (x - target) dy/n to dx.
func MSEGrad[T Float](dx, x, target []T, dy T) {
	scale := 2 * dy / T(len(x))
	for i, v := range x {
		dx[i] += scale * (v - target[i])
	}
}

// L1 returns the mean of |x - target|.
func L1[T Float](x, target []T) T {
	var sum float64
	for i, v := range x {
		sum += math.Abs(float64(v) - float64(target[i]))
	}
	return T(sum / float64(len(x)))
}

// L1Grad adds sign(x - target) dy/n to dx.
func L1Grad[T Float](dx, x, target []T, dy T) {
	scale := dy / T(len(x))
	for i, v := range x {
		if v > target[i] {
			dx[i] += scale
		} else if v < target[i] {
			dx[i] -= scale
		}
	}
}

// SmoothL1 returns the mean of d²/2 where |d| < 1, else |d| - 1/2, d = x - target (Girshick 2015).
func SmoothL1[T Float](x, target []T) T {
	var sum float64
	for i, v := range x {
		if d := math.Abs(float64(v) - float64(target[i])); d < 1 {
			sum += d * d / 2
		} else {
			sum += d - 0.5
		}
	}
	return T(sum / float64(len(x)))
}

// SmoothL1Grad adds the difference, cut to [-1, 1], times dy/n to dx.
func SmoothL1Grad[T Float](dx, x, target []T, dy T) {
	scale := dy / T(len(x))
	for i, v := range x {
		dx[i] += scale * min(max(v-target[i], -1), 1)
	}
}
