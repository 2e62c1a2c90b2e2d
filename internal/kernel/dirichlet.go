package kernel

import "github.com/fusor-ml/fusor/internal/kernel/ref"

// DirichletLoss returns the weighted sum over the rows of the expected cross-entropy under the
// Dirichlet distributions alpha, plus kl times the divergence of what misleads; see ref.
func DirichletLoss[T Float](alpha, target []T, weights []float32, kl float64, classes int) T {
	return ref.DirichletLoss(alpha, target, weights, kl, classes)
}

// DirichletLossGrad adds the gradient of DirichletLoss, times dy, to dalpha.
func DirichletLossGrad[T Float](dalpha, alpha, target []T, weights []float32, kl float64, classes int, dy T) {
	ref.DirichletLossGrad(dalpha, alpha, target, weights, kl, classes, dy)
}
