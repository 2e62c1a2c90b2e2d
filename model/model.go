package model

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/fusor-ml/fusor/feature"
	"github.com/fusor-ml/fusor/fusion"
	"github.com/fusor-ml/fusor/grad"
	"github.com/fusor-ml/fusor/nn"
	"github.com/fusor-ml/fusor/tensor"
)

// Model is a network. Its parameters are read by Forward and written by an
// optimizer; Forward on several tapes at once is safe while nothing writes.
type Model struct {
	Spec       Spec
	methods    fusion.Table
	method     fusion.Method
	scope      *nn.Scope
	encoders   []encoder
	fusion     fusion.Fusion
	overRows   bool         // the fusion reads the rows of a group in their order
	hidden     *nn.Linear   // nil: the head is linear
	head       *nn.Linear   // nil: the fusion predicts
	auxiliary  []*nn.Linear // of each view, in training alone; nil without
	own        [][2]int     // of each view, where in Params those of its encoder are
	pretrained []embeddingInit
	ensemble   *ensemble // in place of all of these
}

// embeddingInit is a view and the vectors that its embedding starts from.
type embeddingInit struct {
	view string
	from feature.PretrainedState
}

// Output is what a batch gives.
type Output struct {
	Logits  *grad.Var // [N, Outputs]
	Weights *grad.Var // [N, V], of a method that weighs its views; else nil
	// Votes is what each view predicts by itself, [N, Outputs]; nil unless the model is in training
	// and has a weight for it.
	Votes []*grad.Var

	in    fusion.Input
	fused fusion.Output
}

// ErrValues is wrapped by errors of [Restore].
var ErrValues = errors.New("the values do not fit the network")

// Build makes the network of a spec, its parameters initialized from the spec's seed.
func Build(spec Spec, methods fusion.Table) (*Model, error) {
	return assemble(spec, methods, nn.NewScope(spec.Seed, tensor.F32))
}

// Restore makes the network of a spec to be run, not trained, with these
// values of its parameters, by name, which it keeps. An error wraps [ErrValues]
// where the values are not those of the spec.
func Restore(spec Spec, methods fusion.Table, values map[string]*tensor.Tensor) (*Model, error) {
	most := 0
	for _, v := range values {
		most += v.Len()
	}
	m, err := assemble(spec, methods, nn.NewBlankScope(most))
	if err != nil {
		return nil, err
	}
	params := m.Params()
	if len(params) != len(values) {
		return nil, fmt.Errorf("%w: %d tensors for %d parameters", ErrValues, len(values), len(params))
	}
	for _, p := range params {
		v, ok := values[p.Name]
		if !ok || !slices.Equal(v.Shape, p.Value.Shape) {
			return nil, fmt.Errorf("%w: none of shape %v for %s", ErrValues, p.Value.Shape, p.Name)
		}
		p.Value.F32 = v.F32
	}
	return m, nil
}

func assemble(spec Spec, methods fusion.Table, scope *nn.Scope) (*Model, error) {
	if err := spec.Check(); err != nil {
		return nil, err
	}
	if spec.Method == Ensemble {
		e, err := newEnsemble(&spec, methods, scope)
		if err != nil {
			return nil, err
		}
		return &Model{Spec: spec, methods: methods, scope: scope, ensemble: e, overRows: e.overRows()}, nil
	}
	method, ok := methods.Lookup(spec.Method)
	if !ok {
		return nil, methods.Unknown(spec.Method)
	}
	m := &Model{Spec: spec, methods: methods, method: method, scope: scope, overRows: method.OverRows(spec.Fusion)}
	steps := method.Sequences(spec.Fusion)
	shape := fusion.Shape{Views: make([]fusion.ViewShape, len(spec.Views)), Outputs: spec.Outputs, Regression: spec.Regression, Multilabel: spec.Multilabel}
	for i, v := range spec.Views {
		from := len(m.Params())
		// A sequence stays one for a method that reads steps; its Bi-LSTM would pool it.
		keep := steps && slices.Contains(Encoders(v.Shape), BiLSTM)
		e, err := newEncoder(m.scope.Sub("encoder").Sub(v.Name), v, spec.Width, spec.Dropout, keep)
		if err != nil {
			return nil, err
		}
		m.encoders = append(m.encoders, e)
		// The range of the encoder's parameters, for EncoderParams.
		m.own = append(m.own, [2]int{from, len(m.Params())})
		shape.Views[i] = fusion.ViewShape{Name: v.Name, Dim: spec.Width, Sequence: keep}
		if v.Encoder == Identity {
			shape.Views[i].Dim = v.Dim
		}
	}
	var err error
	if m.fusion, err = method.New(m.scope.Sub("fusion"), spec.Fusion, shape); err != nil {
		return nil, err
	}
	// A final method has the predictions themselves as its result.
	if !method.Final {
		dim := m.fusion.OutDim()
		if spec.Hidden > 0 {
			m.hidden = nn.NewLinear(m.scope.Sub("head").Sub("hidden"), dim, spec.Hidden)
			dim = spec.Hidden
		}
		m.head = nn.NewLinear(m.scope.Sub("head").Sub("out"), dim, spec.Outputs)
	}
	m.addAuxiliary(shape.Views)
	return m, nil
}

// Method returns the entry of the table that the fusion was built from; of an ensemble none.
func (m *Model) Method() fusion.Method { return m.method }

// OverRows reports whether the fusion reads the rows of a group in their order, so that the rows of
// a group are predicted together and the set needs Groups.
func (m *Model) OverRows() bool { return m.overRows }

// Params lists every learned number by name, in the order in which the network was built.
func (m *Model) Params() []*grad.Param { return m.scope.Params() }

// Size is the number of learned numbers.
func (m *Model) Size() int {
	n := 0
	for _, p := range m.Params() {
		n += p.Value.Len()
	}
	return n
}

// Forward runs a batch. A row without any present view gets the prior.
func (m *Model) Forward(t *grad.Tape, b *Batch) Output {
	if m.ensemble != nil {
		return Output{Logits: t.WhereRows(b.Any, m.ensemble.forward(t, b, &m.Spec), m.prior(t))}
	}
	in := fusion.Input{Views: b.encoded[:0], Present: b.Present, RowGroups: b.Groups}
	for v, e := range m.encoders {
		vb := &b.Views[v]
		x := e.Forward(t, vb)
		var lengths []int
		if len(x.Shape()) == 3 {
			lengths = vb.Lengths
		}
		in.Views = append(in.Views, fusion.View{X: x, Lengths: lengths})
	}
	b.encoded = in.Views
	out := m.fusion.Forward(t, in)
	z := out.Z
	if !out.Final {
		z = t.Dropout(z, m.Spec.Dropout)
		if m.hidden != nil {
			z = t.Dropout(t.ReLU(m.hidden.Forward(t, z)), m.Spec.Dropout)
		}
		z = m.head.Forward(t, z)
	}
	z = t.WhereRows(b.Any, z, m.prior(t))
	return Output{Logits: z, Weights: out.Weights, Votes: m.votes(t, b, out), in: in, fused: out}
}

// prior returns what is predicted of a row without any view.
func (m *Model) prior(t *grad.Tape) *grad.Var {
	prior := t.NewConst(m.Spec.Outputs)
	copy(prior.Value().F32, m.Spec.Prior)
	return prior
}

// HideModalities drops whole columns from rows of a training batch, each with
// the spec's chance, but never a row's last one.
func (m *Model) HideModalities(b *Batch, rng *rand.Rand) {
	p := m.Spec.ModalityDropout
	if p == 0 {
		return
	}
	for i := range b.N {
		for v := 0; v < len(m.Spec.Views); {
			end := v + 1
			for end < len(m.Spec.Views) && m.Spec.Views[end].Column == m.Spec.Views[v].Column {
				end++
			}
			if rng.Float64() < p && othersPresent(b, i, v, end) {
				for k := v; k < end; k++ {
					b.Hide(i, k)
				}
			}
			v = end
		}
	}
}

func othersPresent(b *Batch, i, from, to int) bool {
	for v := range b.Views {
		if (v < from || v >= to) && b.Views[v].Mask[i] != 0 {
			return true
		}
	}
	return false
}

// InitEmbeddings sets the embeddings of a view's tokens to the vectors that its state was given;
// the others stay as drawn.
func (m *Model) InitEmbeddings(view string, from feature.PretrainedState) error {
	p := m.scope.Lookup(table(view))
	if p == nil || p.Value.Dim(0) != from.Dim() || p.Value.Dim(1) != from.EmbeddingDim() {
		return fmt.Errorf("cannot begin with embeddings of width %d for %d tokens: view %s has none of that shape", from.EmbeddingDim(), from.Dim(), view)
	}
	for id := range from.Dim() {
		if v := from.Vector(id); v != nil {
			copy(p.Value.F32[id*len(v):], v)
		}
	}
	m.pretrained = append(m.pretrained, embeddingInit{view, from})
	return nil
}

// Rebuild makes the model anew from its spec, with its parameters as initialized, from given
// embeddings where it began with such.
func (m *Model) Rebuild() (*Model, error) {
	fresh, err := Build(m.Spec, m.methods)
	if err != nil {
		return nil, err
	}
	for _, b := range m.pretrained {
		if err := fresh.InitEmbeddings(b.view, b.from); err != nil {
			return nil, err
		}
	}
	return fresh, nil
}
