package eval

import "math"

// studentTail returns P(T >= t) for Student's t with df degrees of freedom
// (df > 0), through the regularized incomplete beta function
// (Abramowitz & Stegun 26.5.27 and 26.7.1).
func studentTail(t, df float64) float64 {
	switch {
	case math.IsNaN(t) || df <= 0:
		return math.NaN()
	case math.IsInf(t, 1):
		return 0
	case math.IsInf(t, -1):
		return 1
	}
	half := incompleteBeta(df/2, 0.5, df/(df+t*t)) / 2
	if t < 0 {
		return 1 - half
	}
	return half
}

// studentQuantile returns the t with P(T >= t) = tail, 0 < tail <= 0.5. It
// bisects studentTail, so that quantile and tail agree to the last bits.
func studentQuantile(tail, df float64) float64 {
	if !(tail > 0) {
		return math.Inf(1)
	}
	if tail >= 0.5 {
		return 0
	}
	lo, hi := 0.0, 1.0
	for studentTail(hi, df) > tail && hi < 1e300 {
		lo, hi = hi, hi*2
	}
	for range 200 {
		mid := lo + (hi-lo)/2
		if mid == lo || mid == hi {
			break
		}
		if studentTail(mid, df) > tail {
			lo = mid
		} else {
			hi = mid
		}
	}
	return hi
}

// incompleteBeta is the regularized I_x(a, b), by Lentz's evaluation of the
// continued fraction (Abramowitz & Stegun 26.5.8).
func incompleteBeta(a, b, x float64) float64 {
	switch {
	case x <= 0:
		return 0
	case x >= 1:
		return 1
	case x > (a+1)/(a+b+2):
		return 1 - incompleteBeta(b, a, 1-x)
	}
	la, _ := math.Lgamma(a)
	lb, _ := math.Lgamma(b)
	lab, _ := math.Lgamma(a + b)
	front := math.Exp(lab - la - lb + a*math.Log(x) + b*math.Log1p(-x))
	return front * betaFraction(a, b, x) / a
}

func betaFraction(a, b, x float64) float64 {
	const tiny = 1e-300
	away := func(v float64) float64 {
		if math.Abs(v) < tiny {
			return tiny
		}
		return v
	}
	c, d := 1.0, 1/away(1-(a+b)*x/(a+1))
	f := d
	for i := 1; i <= 500; i++ {
		m := float64(i)
		even := m * (b - m) * x / ((a + 2*m - 1) * (a + 2*m))
		d = 1 / away(1+even*d)
		c = away(1 + even/c)
		f *= d * c
		odd := -(a + m) * (a + b + m) * x / ((a + 2*m) * (a + 2*m + 1))
		d = 1 / away(1+odd*d)
		c = away(1 + odd/c)
		f *= d * c
		if math.Abs(d*c-1) < 1e-16 {
			break
		}
	}
	return f
}

// binomialHalfCDF returns P(X <= k) for X ~ Binomial(n, 1/2).
func binomialHalfCDF(k, n int) float64 {
	if k < 0 {
		return 0
	}
	if k >= n {
		return 1
	}
	return 1 - incompleteBeta(float64(k+1), float64(n-k), 0.5)
}
