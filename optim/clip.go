package optim

import (
	"math"

	"github.com/fusor-ml/fusor/grad"
	"github.com/fusor-ml/fusor/internal/kernel"
	"github.com/fusor-ml/fusor/internal/kernel/ref"
)

// ClipGradNorm scales all gradients by one factor so that their norm together is at most max, and
// returns the norm before. A max of 0 or below only measures. A norm that is not finite is returned
// and nothing is scaled: the caller decides. The factor is max/(norm + 1e-6) as in PyTorch.
func ClipGradNorm(params []*grad.Param, max float64) float64 {
	sum := 0.0
	for _, p := range params {
		sum += squares(p)
	}
	norm := math.Sqrt(sum)
	if max <= 0 || math.IsNaN(norm) || math.IsInf(norm, 0) {
		return norm
	}
	if f := max / (norm + 1e-6); f < 1 {
		for _, p := range params {
			scale(p, f)
		}
	}
	return norm
}

func squares(p *grad.Param) float64 {
	switch {
	case p.Grad == nil:
		return 0
	case p.Grad.F64 != nil:
		return sumSquares(p, p.Grad.F64)
	default:
		return sumSquares(p, p.Grad.F32)
	}
}

func sumSquares[T kernel.Float](p *grad.Param, g []T) float64 {
	if !p.Sparse {
		return squareNorm(g)
	}
	sum, cols := 0.0, p.Cols()
	for _, r := range p.Touched() {
		sum += squareNorm(g[int(r)*cols : (int(r)+1)*cols])
	}
	return sum
}

// squareNorm is the sum of the squares. The vector kernels add in float32, where the squares of a
// finite gradient can overflow; the definition adds in float64.
func squareNorm[T kernel.Float](g []T) float64 {
	if s := kernel.SumSquares(g); !math.IsInf(s, 1) {
		return s
	}
	return ref.SumSquares(g)
}

func scale(p *grad.Param, f float64) {
	switch {
	case p.Grad == nil:
	case p.Grad.F64 != nil:
		scaleAll(p, p.Grad.F64, f)
	default:
		scaleAll(p, p.Grad.F32, float32(f))
	}
}

func scaleAll[T kernel.Float](p *grad.Param, g []T, f T) {
	if !p.Sparse {
		kernel.Scale(g, f, g)
		return
	}
	cols := p.Cols()
	for _, r := range p.Touched() {
		row := g[int(r)*cols : (int(r)+1)*cols]
		kernel.Scale(row, f, row)
	}
}
