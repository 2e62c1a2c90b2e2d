package nn

import "github.com/fusor-ml/fusor/grad"

// Embedding is a table of vectors. Its parameter is sparse: a step updates the rows it read.
type Embedding struct {
	Weight *grad.Param // [V, D], starts with N(0, 1)
}

// NewEmbedding makes a table of entries vectors of width dim.
func NewEmbedding(s *Scope, entries, dim int) *Embedding {
	return &Embedding{Weight: table(s, entries, dim, 1)}
}

// Forward returns the vectors of ids under shape + [D], zeros where an id is below 0. len(ids) is
// the product of shape.
func (e *Embedding) Forward(t *grad.Tape, ids []int32, shape ...int) *grad.Var {
	return t.Embedding(t.Param(e.Weight), ids, shape...)
}

// EmbeddingBag is a table of vectors of which weighted sums are taken: a linear layer on sparse
// input.
type EmbeddingBag struct {
	Weight *grad.Param // [V, D]
}

// NewEmbeddingBag makes a table of entries vectors of width dim that start with N(0, std²);
// PyTorch's std is 1.
func NewEmbeddingBag(s *Scope, entries, dim int, std float64) *EmbeddingBag {
	return &EmbeddingBag{Weight: table(s, entries, dim, std)}
}

// Forward returns the sums of the bags, [len(offsets)-1, D]; see grad.Tape.EmbeddingBag.
func (e *EmbeddingBag) Forward(t *grad.Tape, ids, offsets []int32, weights []float32) *grad.Var {
	return t.EmbeddingBag(t.Param(e.Weight), ids, offsets, weights)
}

func table(s *Scope, entries, dim int, std float64) *grad.Param {
	p := s.Param("weight", Normal(std), entries, dim)
	p.Sparse = true
	return p
}
