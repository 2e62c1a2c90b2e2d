package grad

import (
	"github.com/fusor-ml/fusor/internal/kernel"
	"github.com/fusor-ml/fusor/tensor"
)

var opDirichlet = operation{"DirichletLoss", both(dirichletForward[float32], dirichletForward[float64]), both(dirichletBackward[float32], dirichletBackward[float64])}

// DirichletLoss returns the sum over the rows of weights [B] (nil: all 1) times the loss of a
// Dirichlet distribution of parameters alpha [B, C], each at least 1, where target [B, C] is the
// probability that each class should have (Sensoy et al. 2018, arXiv:1806.01768): the expected
// cross-entropy, plus kl times the divergence from the uniform distribution that what speaks for
// other classes makes. The content of a row of weight 0 has no effect. -> [1].
func (t *Tape) DirichletLoss(alpha *Var, target *tensor.Tensor, weights []float32, kl float64) *Var {
	rank("DirichletLoss", alpha, 2, "[B, C]")
	if target.Len() != alpha.Len() {
		badPair("DirichletLoss", alpha.val.Shape, target.Shape)
	}
	if weights != nil && len(weights) != alpha.Dim(0) {
		badCount("DirichletLoss", "weights", len(weights), alpha.Dim(0))
	}
	v := t.node(&opDirichlet, alpha)
	t.take(&v.other, target)
	v.f32s, v.flag = append(v.f32s[:0], weights...), weights != nil
	v.x[0] = kl
	return v.shape(1).run()
}

func dirichletForward[T kernel.Float](t *Tape, v *Var) {
	x := v.in[0]
	data[T](v)[0] = kernel.DirichletLoss(data[T](x), pick[T](&v.other), v.weights(), v.x[0], x.Dim(1))
}

func dirichletBackward[T kernel.Float](t *Tape, v *Var) {
	x := v.in[0]
	kernel.DirichletLossGrad(gradAdd[T](t, x), data[T](x), pick[T](&v.other), v.weights(), v.x[0], x.Dim(1), pick[T](&v.grd)[0])
}
