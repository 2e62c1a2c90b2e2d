package ref

import "math"

// SGD does w -= lr v with v = momentum v + g + decay w, or w -= lr (g + decay w) if v is nil. On
// the first step v is zeros, which makes it g as in PyTorch.
func SGD[T Float](w, g, v []T, lr, momentum, decay float64) {
	a, m, d := T(lr), T(momentum), T(decay)
	for i, x := range w {
		s := g[i] + d*x
		if v != nil {
			s += m * v[i]
			v[i] = s
		}
		w[i] = x - a*s
	}
}

// AdamStep are the constants of one step of Adam.
type AdamStep struct {
	LR, Beta1, Beta2, Eps float64
	Decay                 float64 // added to the gradient as Decay·w
	Shrink                float64 // w is first multiplied by 1 - LR·Shrink (AdamW)
	Correct1, Correct2    float64 // 1 - Beta1^step, 1 - Beta2^step
}

// Adam does one step of Adam (Kingma & Ba 2015) or AdamW (Loshchilov & Hutter 2019) on w with the
// gradient g and the moments m and v, in PyTorch's order of operations.
func Adam[T Float](w, g, m, v []T, s AdamStep) {
	b1, c1, b2, c2 := T(s.Beta1), T(1-s.Beta1), T(s.Beta2), T(1-s.Beta2)
	step, root, eps := T(s.LR/s.Correct1), T(1/math.Sqrt(s.Correct2)), T(s.Eps)
	keep, decay := T(1-s.LR*s.Shrink), T(s.Decay)
	for i, x := range w {
		d := g[i] + decay*x
		m[i] = b1*m[i] + c1*d
		v[i] = b2*v[i] + c2*d*d
		w[i] = keep*x - step*m[i]/(T(math.Sqrt(float64(v[i])))*root+eps)
	}
}
