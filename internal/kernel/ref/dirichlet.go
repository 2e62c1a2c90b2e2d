package ref

import "math"

// DirichletLoss returns the sum over the rows of alpha [rows, classes], all at least 1, of weight
// times the loss of a Dirichlet distribution with the target [rows, classes] (Sensoy et al. 2018,
// arXiv:1806.01768, equations 4 and 5),
//
//	Σ_c y_c (ψ(S) − ψ(α_c)) + kl · KL(Dir(α̃) ‖ Dir(1)),  S = Σ_c α_c,  α̃ = y + (1 − y) α.
//
// A nil weights means ones; a row of weight 0 is not read. Within a row everything is float64: the
// terms of the divergence are much larger than it.
func DirichletLoss[T Float](alpha, target []T, weights []float32, kl float64, classes int) T {
	var sum float64
	for r := range len(alpha) / classes {
		w := classWeight(weights, r)
		if w == 0 {
			continue
		}
		a, y := alpha[r*classes:(r+1)*classes], target[r*classes:(r+1)*classes]
		total, rest := strengths(a, y)
		lg, _ := math.Lgamma(rest)
		free, _ := math.Lgamma(float64(classes))
		loss, div, psiTotal, psiRest := 0.0, lg-free, digamma(total), digamma(rest)
		for c := range a {
			ac, yc := float64(a[c]), float64(y[c])
			if yc != 0 {
				loss += yc * (psiTotal - digamma(ac))
			}
			if b := misleading(ac, yc); b != 1 {
				lg, _ := math.Lgamma(b)
				div += (b-1)*(digamma(b)-psiRest) - lg
			}
		}
		sum += w * (loss + kl*div)
	}
	return T(sum)
}

// DirichletLossGrad adds the gradient of DirichletLoss, times dy, to dalpha.
func DirichletLossGrad[T Float](dalpha, alpha, target []T, weights []float32, kl float64, classes int, dy T) {
	for r := range len(alpha) / classes {
		w := classWeight(weights, r) * float64(dy)
		if w == 0 {
			continue
		}
		a, y, d := alpha[r*classes:(r+1)*classes], target[r*classes:(r+1)*classes], dalpha[r*classes:(r+1)*classes]
		total, rest := strengths(a, y)
		known := 0.0
		for _, yc := range y {
			known += float64(yc)
		}
		ofTotal, ofRest := known*trigamma(total), (rest-float64(classes))*trigamma(rest)
		for c := range a {
			ac, yc := float64(a[c]), float64(y[c])
			g := ofTotal - yc*trigamma(ac)
			b := misleading(ac, yc)
			g += kl * (1 - yc) * ((b-1)*trigamma(b) - ofRest)
			d[c] += T(w * g)
		}
	}
}

// misleading returns α̃ of a class: its evidence, but for the share of it that is due.
func misleading(a, y float64) float64 { return y + (1-y)*a }

// strengths returns the sums of α and of α̃.
func strengths[T Float](a, y []T) (total, rest float64) {
	for c := range a {
		total += float64(a[c])
		rest += misleading(float64(a[c]), float64(y[c]))
	}
	return total, rest
}

// asymptotic is from where on the series of digamma and trigamma are exact to 1e-15; below it both
// are carried up by their recurrences (Abramowitz & Stegun, 6.3.5, 6.3.18, 6.4.6, 6.4.12).
const asymptotic = 12

// digamma returns ψ(x), the derivative of ln Γ, for x > 0.
func digamma(x float64) float64 {
	sum := 0.0
	for ; x < asymptotic; x++ {
		sum -= 1 / x
	}
	z := 1 / (x * x)
	return sum + math.Log(x) - 0.5/x - z*(1./12-z*(1./120-z*(1./252-z*(1./240-z*(1./132-z*691./32760)))))
}

// trigamma returns ψ′(x) for x > 0.
func trigamma(x float64) float64 {
	sum := 0.0
	for ; x < asymptotic; x++ {
		sum += 1 / (x * x)
	}
	z := 1 / (x * x)
	return sum + 1/x + z/2 + z/x*(1./6-z*(1./30-z*(1./42-z*(1./30-z*(5./66-z*691./2730)))))
}
