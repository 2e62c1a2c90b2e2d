package kernel

import "github.com/fusor-ml/fusor/internal/kernel/ref"

// CrossEntropy returns the mean of w[target] (-ln softmax(x)[target]) with label smoothing as in
// PyTorch, and sets logp [rows, classes] to the log softmax. Rows with a target below zero are left
// out; without any row the loss is 0. A nil weights means ones. total is the divisor: the sum of
// the weights of the targets.
func CrossEntropy[T Float](logp, x []T, target []int32, weights []float32, smoothing float64, classes int) (loss T, total float64) {
	if vectors[T]() == nil || weights != nil || smoothing > 0 {
		return ref.CrossEntropy(logp, x, target, weights, smoothing, classes)
	}
	LogSoftmax(logp, x, classes)
	var sum float64
	for r, k := range target {
		if k >= 0 {
			total++
			sum -= float64(logp[r*classes+int(k)])
		}
	}
	if total == 0 {
		return 0, 0
	}
	return T(sum / total), total
}

// CrossEntropyGrad adds the gradient of CrossEntropy, times dy, to dx.
func CrossEntropyGrad[T Float](dx, logp []T, target []int32, weights []float32, smoothing float64, classes int, total float64, dy T) {
	v := vectors[T]()
	if v == nil || total == 0 || smoothing > 0 || weights != nil {
		ref.CrossEntropyGrad(dx, logp, target, weights, smoothing, classes, total, dy)
		return
	}
	s := takeScratch()
	scale := dy / T(total)
	add := func(d []T, probs []float32) {
		for c, p := range probs {
			d[c] += scale * T(p)
		}
	}
	step := max(1, scratchLen/classes)
	for first := 0; first < len(target); first += step {
		part := target[first:min(first+step, len(target))]
		if classes <= scratchLen {
			v.vexp(len(part)*classes, at(s.x), at(logp[first*classes:(first+len(part))*classes]))
		}
		for r, k := range part {
			if k < 0 {
				continue
			}
			d := dx[(first+r)*classes : (first+r+1)*classes]
			if classes <= scratchLen {
				add(d, s.x[r*classes:(r+1)*classes])
			} else { // a row in parts
				for from := 0; from < classes; from += scratchLen {
					n := min(scratchLen, classes-from)
					v.vexp(n, at(s.x), at(logp[first*classes+from:]))
					add(d[from:], s.x[:n])
				}
			}
			d[k] -= scale
		}
	}
	scratch.give(s)
}

// BCEWithLogits returns the mean of softplus(x) - x target.
func BCEWithLogits[T Float](x, target []T) T { return ref.BCEWithLogits(x, target) }

// BCEWithLogitsGrad adds (sigmoid(x) - target) dy/n to dx.
func BCEWithLogitsGrad[T Float](dx, x, target []T, dy T) { ref.BCEWithLogitsGrad(dx, x, target, dy) }

// MSE returns the mean of (x - target)².
func MSE[T Float](x, target []T) T { return ref.MSE(x, target) }

// MSEGrad adds 2 (x - target) dy/n to dx.
func MSEGrad[T Float](dx, x, target []T, dy T) { ref.MSEGrad(dx, x, target, dy) }

// L1 returns the mean of |x - target|.
func L1[T Float](x, target []T) T { return ref.L1(x, target) }

// L1Grad adds sign(x - target) dy/n to dx.
func L1Grad[T Float](dx, x, target []T, dy T) { ref.L1Grad(dx, x, target, dy) }

// SmoothL1 returns the mean of d²/2 where |d| < 1, else |d| - 1/2, d = x - target (Girshick 2015).
func SmoothL1[T Float](x, target []T) T { return ref.SmoothL1(x, target) }

// SmoothL1Grad adds the difference, cut to [-1, 1], times dy/n to dx.
func SmoothL1Grad[T Float](dx, x, target []T, dy T) { ref.SmoothL1Grad(dx, x, target, dy) }
