package train

import (
	"cmp"
	"math"
	"slices"

	"github.com/fusor-ml/fusor/feature"
)

// Screening leaves out what is most of a table of very many columns: with more values a row than
// twice the training rows, a linear layer finds any label in noise. Below screenDims nothing is
// left out.
const (
	screenDims  = 2000
	screenLeast = 32  // values that are kept in any case, the strongest
	screenMost  = 512 // and at most
	screenZ     = 3.5 // correlations beyond so many standard errors are kept
)

// narrower is a state of which single values can be left out.
type narrower interface {
	feature.State
	Narrow(keep []int) (feature.State, error)
}

// screen returns the values of a view that the training rows' labels go with, each taken by itself
// (sure independence screening: Fan and Lv 2008); nil where all are kept.
func (p *Prepared) screen(m *feature.Matrix) ([]int, error) {
	var rows []int
	for _, r := range p.Run.Train {
		if m.Present[r] && p.Set.Labeled(r) {
			rows = append(rows, r)
		}
	}
	targets := max(1, p.outputs())
	// products holds targets·Dim numbers: 2^25 of them are 256 MB.
	if m.Dim <= screenDims || m.Dim <= 2*len(rows) || targets > 1<<25/m.Dim {
		return nil, nil
	}
	// Moments of all pairs in one pass: rows of a large view are read from disk.
	sum, squares := make([]float64, m.Dim), make([]float64, m.Dim)
	products := make([]float64, targets*m.Dim) // [targets, Dim]
	total, totals := make([]float64, targets), make([]float64, targets)
	y := make([]float64, targets)
	var row feature.Row
	for _, r := range rows {
		if err := m.Read(r, &row); err != nil {
			return nil, err
		}
		// Labels are 0 or 1 for each class (point-biserial correlation); a regression has its target.
		clear(y)
		switch {
		case p.Set.Class != nil:
			y[p.Set.Class[r]] = 1
		case p.Set.Labels != nil:
			for _, l := range p.Set.Labels[r] {
				y[l] = 1
			}
		default:
			y[0] = float64(p.Set.Target[r])
		}
		for j, x := range row.Values {
			sum[j] += float64(x)
			squares[j] += float64(x) * float64(x)
		}
		for t, v := range y {
			total[t] += v
			totals[t] += v * v
			// Of most classes a row is not: then nothing is added.
			if v == 0 {
				continue
			}
			of := products[t*m.Dim : (t+1)*m.Dim]
			for j, x := range row.Values {
				of[j] += v * float64(x)
			}
		}
	}
	n := float64(len(rows))
	z := make([]float64, m.Dim) // the strongest correlation of each value, in standard errors
	for t := range y {
		// Of y, its variance; scale is then the product of both deviations.
		deviation := totals[t]/n - total[t]/n*(total[t]/n)
		for j := range z {
			scale := math.Sqrt(deviation * (squares[j]/n - sum[j]/n*(sum[j]/n)))
			// False of NaN as well, which a variance rounded below 0 leaves behind the root.
			if r := (products[t*m.Dim+j]/n - sum[j]/n*(total[t]/n)) / scale; scale > 1e-12 {
				z[j] = max(z[j], math.Abs(r)*math.Sqrt(n))
			}
		}
	}
	order := make([]int, m.Dim)
	for j := range order {
		order[j] = j
	}
	// Stable: equal ones stay in the order of columns, whatever the sort does.
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(z[b], z[a]) })
	keep := screenLeast
	for keep < screenMost && z[order[keep]] >= screenZ {
		keep++
	}
	// Back in the order of columns, which names and weights go by.
	return slices.Sorted(slices.Values(order[:keep])), nil
}
