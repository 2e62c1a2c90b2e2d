package fusor_test

import (
	"math"
	"math/rand/v2"
	"sort"
)

// own is what the check finds itself.
type own struct {
	name      string
	fused     bool
	val       float64
	known     [][]float64 // of each run, whether each validation row is right
	runs      []float64
	rows      []float64 // mean over the seeds of whether each test row is right
	p, se     float64
	mean      float64
	low, high func(level float64) float64
}

// behind is the standard error of the difference on validation rows to the best entry but o, by the
// usual formula: of the rows' means where all runs have the same rows, else of the runs' mean.
func (o *own) behind(all []own, same bool) float64 {
	var best *own
	for i := range all {
		if other := &all[i]; other.name != o.name && (best == nil || other.val > best.val) {
			best = other
		}
	}
	deviation := func(d []float64) float64 {
		mean, square := average(d), 0.0
		for _, v := range d {
			square += (v - mean) * (v - mean) / float64(len(d))
		}
		return math.Sqrt(square / float64(len(d)))
	}
	runs := float64(len(o.known))
	if same {
		d := make([]float64, len(o.known[0]))
		for r := range o.known {
			for i, v := range minus(o.known[r], best.known[r]) {
				d[i] += v / runs
			}
		}
		return deviation(d)
	}
	square := 0.0
	for r := range o.known {
		e := deviation(minus(o.known[r], best.known[r]))
		square += e * e
	}
	return math.Sqrt(square) / runs
}

// tested is Nadeau and Bengio's corrected resampled t-test of o − single.
func (o *own) tested(single []float64, trainRows, testRows float64) {
	d := minus(o.runs, single)
	n := float64(len(d))
	o.mean = average(d)
	square := 0.0
	for _, v := range d {
		square += (v - o.mean) * (v - o.mean) / (n - 1)
	}
	o.se = math.Sqrt((1/n + testRows/trainRows) * square)
	o.p = math.Min(1, 2*tail(o.mean/o.se, n-1))
	reach := func(level float64) float64 { // the t whose two tails hold level
		lo, hi := 0.0, 1e4
		for range 200 {
			if mid := (lo + hi) / 2; 2*tail(mid, n-1) > level {
				lo = mid
			} else {
				hi = mid
			}
		}
		return lo * o.se
	}
	o.low = func(level float64) float64 { return o.mean - reach(level) }
	o.high = func(level float64) float64 { return o.mean + reach(level) }
}

const draws = 20_000

// bootstrapped resamples the units (rows, or groups of rows) of o − single.
func (o *own) bootstrapped(single []float64, units [][]int) {
	d := minus(o.rows, single)
	o.mean = average(d)
	rng := rand.New(rand.NewPCG(2024, 7))
	means := make([]float64, draws)
	below := 0.0
	for b := range means {
		sum, n := 0.0, 0.0
		for range units {
			for _, i := range units[rng.IntN(len(units))] {
				sum += d[i]
				n++
			}
		}
		if means[b] = sum / n; means[b] <= 1e-15 {
			below++
		}
		o.se += (means[b] - o.mean) * (means[b] - o.mean) / draws
	}
	o.se = math.Sqrt(o.se)
	sort.Float64s(means)
	o.p = math.Min(1, 2*(below+1)/(draws+1))
	o.low = func(level float64) float64 { return means[int(level/2*draws)] }
	o.high = func(level float64) float64 { return means[draws-1-int(level/2*draws)] }
}

// closed adjusts p[at] by the closure principle: the largest p of all
// intersections that hold it, each tested by Bonferroni with weights.
func closed(p, w []float64, at int) float64 {
	worst := 0.0
	for set := range 1 << len(p) {
		if set>>at&1 == 0 {
			continue
		}
		total, least := 0.0, math.Inf(1)
		for k := range p {
			if set>>k&1 == 1 {
				total += w[k]
			}
		}
		for k := range p {
			if set>>k&1 == 1 {
				least = math.Min(least, p[k]*total/w[k])
			}
		}
		worst = math.Max(worst, least)
	}
	return worst
}

// tail is P(T ≥ t) of Student's distribution, by Simpson's rule on its density.
func tail(t, df float64) float64 {
	if t < 0 {
		return 1 - tail(-t, df)
	}
	a, _ := math.Lgamma((df + 1) / 2)
	b, _ := math.Lgamma(df / 2)
	// x = √df·tan(u) turns the tail into a finite integral of cos(u)^(df−1).
	from, to, n := math.Atan(t/math.Sqrt(df)), math.Pi/2, 4000
	h, sum := (to-from)/float64(n), 0.0
	for i := range n + 1 {
		f := math.Pow(math.Max(math.Cos(from+float64(i)*h), 0), df-1)
		switch {
		case i == 0 || i == n:
			sum += f
		case i%2 == 1:
			sum += 4 * f
		default:
			sum += 2 * f
		}
	}
	return math.Exp(a-b) / math.SqrtPi * sum * h / 3
}

// mcNemar counts rows that most seeds get right.
func mcNemar(fused, single []float64) float64 {
	b, c := 0, 0
	for i := range fused {
		f, s := fused[i] > 0.5+1e-9, single[i] > 0.5+1e-9
		if f && !s {
			b++
		}
		if s && !f {
			c++
		}
	}
	n := b + c
	if n >= 25 {
		z := math.Max(0, math.Abs(float64(b-c))-1) / math.Sqrt(float64(n))
		return 2 * (1 - 0.5*(1+math.Erf(z/math.Sqrt2)))
	}
	p, choose := 0.0, 1.0
	for k := 0; k <= min(b, c); k++ {
		p += choose / math.Pow(2, float64(n))
		choose *= float64(n-k) / float64(k+1)
	}
	return math.Min(1, 2*p)
}

func average(x []float64) float64 {
	sum := 0.0
	for _, v := range x {
		sum += v
	}
	return sum / float64(len(x))
}

func minus(a, b []float64) []float64 {
	d := make([]float64, len(a))
	for i := range a {
		d[i] = a[i] - b[i]
	}
	return d
}
