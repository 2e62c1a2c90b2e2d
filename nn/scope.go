// Package nn holds the layers that encoders and fusion methods are made of, with PyTorch's
// parameter names and shapes.
//
// A layer is made with a Scope, which names and initializes its parameters, and is run with a tape.
// A layer has no state but its parameters: the same layer may run on several tapes at once, as long
// as none walks back.
package nn

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"

	"github.com/fusor-ml/fusor/grad"
	"github.com/fusor-ml/fusor/tensor"
)

// Scope makes parameters. Their names are the path of the scopes and their own name, joined by
// dots. What a parameter starts with depends on the seed and its full name alone, not on what else
// the model has.
type Scope struct {
	root   *registry
	prefix string
}

// registry holds the parameters of a root scope and all scopes under it.
type registry struct {
	seed   uint64
	dtype  tensor.DType
	blank  bool
	left   int // of a blank scope: how many more numbers there is memory for
	params []*grad.Param
	byName map[string]*grad.Param
}

// NewScope returns a root scope whose parameters have the element type d.
func NewScope(seed uint64, d tensor.DType) *Scope {
	return &Scope{root: &registry{seed: seed, dtype: d, byName: map[string]*grad.Param{}}}
}

// NewBlankScope returns a root scope whose float32 parameters are neither initialized nor have
// gradients: of a model that gets its values from elsewhere and is run, not trained. There are most
// such values: a parameter beyond them cannot be meant, and has a shape but no elements, so that a
// description that lies about sizes takes no memory.
func NewBlankScope(most int) *Scope {
	return &Scope{root: &registry{blank: true, left: most, dtype: tensor.F32, byName: map[string]*grad.Param{}}}
}

// Sub returns the scope called name under s.
func (s *Scope) Sub(name string) *Scope { return &Scope{root: s.root, prefix: s.prefix + name + "."} }

// DType returns the element type of the parameters.
func (s *Scope) DType() tensor.DType { return s.root.dtype }

// Param makes a parameter and, unless the scope is blank, its gradient. A name that is taken
// already is a mistake in the program and panics.
func (s *Scope) Param(name string, init Init, shape ...int) *grad.Param {
	full := s.prefix + name
	if _, taken := s.root.byName[full]; taken {
		panic(fmt.Sprintf("nn: the parameter %q exists already", full))
	}
	p := &grad.Param{Name: full}
	if s.root.blank {
		p.Value = s.root.unset(shape)
	} else {
		p.Value, p.Grad = tensor.New(s.root.dtype, shape...), tensor.New(s.root.dtype, shape...)
		init(s.root.rng(full), p.Value)
	}
	s.root.params = append(s.root.params, p)
	s.root.byName[full] = p
	return p
}

// unset is a parameter's tensor in a blank scope.
func (r *registry) unset(shape []int) *tensor.Tensor {
	n := 1
	for _, d := range shape {
		if d > 0 && n > r.left/d {
			return &tensor.Tensor{Shape: slices.Clone(shape)}
		}
		n *= d
	}
	r.left -= n
	return tensor.New(r.dtype, shape...)
}

// Params returns all parameters of the root, in the order in which they were made.
func (s *Scope) Params() []*grad.Param { return s.root.params }

// Lookup returns the parameter with a full name, nil if there is none.
func (s *Scope) Lookup(full string) *grad.Param { return s.root.byName[full] }

// rng returns the random stream of a name.
func (r *registry) rng(name string) *rand.Rand {
	h := fnv.New64a()
	h.Write([]byte(name))
	return rand.New(rand.NewPCG(r.seed, h.Sum64()))
}
