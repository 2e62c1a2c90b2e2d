package eval

import "math"

func absError(p *Predictions, i int) float64 { return math.Abs(p.Values[i] - p.Targets[i]) }

func rmse(p *Predictions, w []uint8) float64 {
	sum, n := 0.0, 0.0
	for i, y := range p.Targets {
		d := p.Values[i] - y
		sum += weight(w, i) * d * d
		n += weight(w, i)
	}
	return math.Sqrt(sum / n)
}

// r2 is 1 − SSE/SST, undefined (NaN) for constant targets.
func r2(p *Predictions, w []uint8) float64 {
	mean, n := 0.0, 0.0
	for i, y := range p.Targets {
		mean += weight(w, i) * y
		n += weight(w, i)
	}
	mean /= n
	sse, sst := 0.0, 0.0
	for i, y := range p.Targets {
		wi := weight(w, i)
		sse += wi * (p.Values[i] - y) * (p.Values[i] - y)
		sst += wi * (y - mean) * (y - mean)
	}
	if sst == 0 {
		return math.NaN()
	}
	return 1 - sse/sst
}

func pearson(p *Predictions, w []uint8) float64 { return correlation(p.Values, p.Targets, w) }

// spearman is Pearson's correlation of the mid-ranks.
func spearman(p *Predictions, w []uint8) float64 {
	return correlation(midRanks(p, valueOrder, w), midRanks(p, targetOrder, w), w)
}

// midRanks returns tied rows the mean of their ranks, a row of weight k
// standing for k equal rows.
func midRanks(p *Predictions, key int, w []uint8) []float64 {
	order := p.order(key)
	ranks := make([]float64, len(order))
	before := 0.0
	for at := 0; at < len(order); {
		tied, end := 0.0, at
		for v := p.score(key, order[at]); end < len(order) && equal(p.score(key, order[end]), v); end++ {
			tied += weight(w, order[end])
		}
		for ; at < end; at++ {
			ranks[order[at]] = before + (tied+1)/2
		}
		before += tied
	}
	return ranks
}

// correlation is Pearson's r, undefined (NaN) if either side is constant.
func correlation(a, b []float64, w []uint8) float64 {
	ma, mb, n := 0.0, 0.0, 0.0
	for i := range a {
		wi := weight(w, i)
		ma += wi * a[i]
		mb += wi * b[i]
		n += wi
	}
	ma, mb = ma/n, mb/n
	ab, aa, bb := 0.0, 0.0, 0.0
	for i := range a {
		wi, x, y := weight(w, i), a[i]-ma, b[i]-mb
		ab += wi * x * y
		aa += wi * x * x
		bb += wi * y * y
	}
	if aa == 0 || bb == 0 {
		return math.NaN()
	}
	return ab / math.Sqrt(aa*bb)
}
