package optim

import "math"

// Schedule returns the learning rate of a step; the first step is 0.
type Schedule func(step int) float64

// Constant is lr at every step.
func Constant(lr float64) Schedule { return func(int) float64 { return lr } }

// CosineWarmup rises linearly to lr over the first warmup steps (the first of them has lr/warmup),
// then falls along half a cosine to 0 at step total (Loshchilov & Hutter 2017), where it stays.
func CosineWarmup(lr float64, warmup, total int) Schedule {
	return func(step int) float64 {
		switch {
		case step < warmup:
			return lr * float64(step+1) / float64(warmup)
		case step >= total:
			return 0
		default:
			x := float64(step-warmup) / float64(max(total-warmup, 1))
			return lr * 0.5 * (1 + math.Cos(math.Pi*x))
		}
	}
}
