package fusion

import (
	"math"
	"math/rand/v2"
	"strconv"

	"github.com/fusor-ml/fusor/grad"
	"github.com/fusor-ml/fusor/nn"
	"github.com/fusor-ml/fusor/tensor"
)

// LowRank is tensor fusion followed by a linear layer, without ever making the product, as a sum of
// rank-one parts (Liu 2018):
//
//	z = Σ_r rank_weights_r ∏_k ([1; x_k] factor.k[r]) + bias
//
// An absent view is [1; 0], as in tensor fusion: its factor is the row of factor.k that belongs to
// the 1; a row without any view is the product of these.
type LowRank struct {
	factors     []*grad.Param // [rank, D_k + 1, dim]
	rankWeights *grad.Param   // [rank]
	bias        *grad.Param   // [dim]
	rank, dim   int
}

var _ Fusion = (*LowRank)(nil)

func newLowRank(s *nn.Scope, cfg Config, shape Shape) (Fusion, error) {
	views := shape.Views
	l := &LowRank{rank: cfg.Int("rank"), dim: cfg.Int("dim")}
	for k, v := range views {
		l.factors = append(l.factors, s.Sub("factor").Param(strconv.Itoa(k), nearOne, l.rank, v.Dim+1, l.dim))
	}
	l.rankWeights = s.Param("rank_weights", nn.Normal(1/math.Sqrt(float64(l.rank))), l.rank)
	l.bias = s.Param("bias", nn.Zeros, l.dim)
	return l, nil
}

// nearOne starts a factor [rank, D+1, dim] so that it is 1 plus something small for standardized
// input: a product of many such factors neither vanishes nor explodes.
func nearOne(rng *rand.Rand, x *tensor.Tensor) {
	nn.Uniform(1/math.Sqrt(float64(x.Dim(1))))(rng, x)
	for r := range x.Dim(0) {
		for o := range x.Dim(2) {
			x.Set(1+x.At(r, 0, o), r, 0, o)
		}
	}
}

// OutDim is the option dim.
func (l *LowRank) OutDim() int { return l.dim }

// Forward returns the sum over the ranks.
func (l *LowRank) Forward(t *grad.Tape, in Input) Output {
	one := filled(t, 1, in.Rows(), 1)
	s := borrow()
	defer s.giveBack()
	V := len(in.Views)
	vars, _ := s.views(2 * V)
	xs, factors := vars[:V], vars[V:]
	for k := range V {
		x, _ := in.Masked(t, k)
		xs[k] = t.Concat(one, x)
		factors[k] = t.Param(l.factors[k])
	}
	weights := t.Param(l.rankWeights)
	var sum *grad.Var
	for r := range l.rank {
		var product *grad.Var
		for k, x := range xs {
			part := t.MatMul(x, t.Row(factors[k], r)) // [B, dim]
			if product == nil {
				product = part
			} else {
				product = t.Mul(product, part)
			}
		}
		sum = addTo(t, sum, t.MulScalarVar(product, t.Slice(weights, r, r+1)))
	}
	return Output{Z: t.AddRow(sum, t.Param(l.bias))}
}
