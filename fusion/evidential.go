package fusion

import (
	"github.com/fusor-ml/fusor/grad"
	"github.com/fusor-ml/fusor/nn"
	"github.com/fusor-ml/fusor/tensor"
)

// Evidential is trusted late fusion (TMC, Han 2021): each view holds an opinion on the K classes, a
// Dirichlet distribution, and Dempster's rule, reduced to single classes and the unknown, joins
// them. From the evidence of view k
//
//	e_k = softplus(head.k(x_k)),  b_k = e_k / S_k,  u_k = K / S_k,  S_k = K + Σ_c e_kc
//
// are its beliefs and what it leaves open; two opinions make b ∝ b₁b₂ + b₁u₂ + b₂u₁ and u ∝ u₁u₂.
// In terms of evidence that is a product, so the order of the views does not matter:
//
//	1 + e_c/K = Π_k (1 + e_kc/K),  α = 1 + e,  P = α / Σ_c α_c
//
// Z is ln P and Final is set. A label is an opinion on two classes, for which a head has two
// outputs, and Z its log-odds. An absent view leaves everything open and so has no effect; a row
// without any view yields equal probabilities.
//
// Output.Weights are the shares of the views in the beliefs, Σ_c b_kc; Output.Votes is the
// evidence. The loss is the published one, the same of each present view and of the joint opinion:
// expected cross-entropy and the divergence of what misleads, whose weight grows to 1 in the first
// epochs (option anneal). Which epoch is the best is decided by the log loss of P, as of any
// method.
type Evidential struct {
	heads      []*nn.Linear
	outputs    int
	classes    int // of an opinion
	multilabel bool
	anneal     float64
}

var _ Learner = (*Evidential)(nil)

// maxLogEvidence bounds ln(1 + e/K) of a joint opinion in the loss, so that e is finite in float32.
// The prediction has no bound.
const maxLogEvidence = 40

func newEvidential(s *nn.Scope, cfg Config, shape Shape) (Fusion, error) {
	v, err := newVoting(shape)
	if err != nil {
		return nil, err
	}
	e := &Evidential{outputs: v.outputs, classes: v.outputs, multilabel: v.multilabel, anneal: cfg.Float("anneal")}
	width := v.outputs
	if e.multilabel {
		e.classes, width = 2, 2*v.outputs // of each label: that it is not there, that it is
	}
	e.heads = newLinears(s, "head", shape.Views, width)
	return e, nil
}

// OutDim is the number of classes or labels.
func (e *Evidential) OutDim() int { return e.outputs }

// Forward returns the logarithm of the expected probabilities, or the log-odds of labels.
func (e *Evidential) Forward(t *grad.Tape, in Input) Output {
	evidence := t.Softplus(in.heads(t, e.heads)) // [B, V, width]
	l := e.join(t, in, evidence)
	// ln α = ln(1 − K + K e^l) = l + ln(K − (K−1) e^(−l)), which no l makes overflow
	K := float64(e.classes)
	open := t.AddScalar(t.Scale(t.Exp(t.Neg(l)), 1-K), K)
	log := t.Add(l, t.Log(open)) // [B, width]
	var z *grad.Var
	if e.multilabel {
		B := in.Rows()
		log = t.Reshape(log, B*e.outputs, 2)
		z = t.Reshape(t.Sub(t.Slice(log, 1, 2), t.Slice(log, 0, 1)), B, e.outputs)
	} else {
		z = t.LogSoftmax(log)
	}
	return Output{Z: z, Weights: e.shares(t, in, evidence), Votes: evidence, Final: true}
}

// join returns ln(1 + e/K) of the joint opinion: [B, width].
func (e *Evidential) join(t *grad.Tape, in Input, evidence *grad.Var) *grad.Var {
	l := t.Log(t.AddScalar(t.Scale(evidence, 1/float64(e.classes)), 1))
	return t.WeightedSum(l, t.Const(in.Present))
}

// shares returns the share of each view in the beliefs, the mean over the labels.
func (e *Evidential) shares(t *grad.Tape, in Input, evidence *grad.Var) *grad.Var {
	B, V := in.Rows(), len(in.Views)
	opinions := evidence.Dim(2) / e.classes
	sum := t.SumLast(t.Reshape(evidence, B*V*opinions, e.classes))
	belief := t.Div(sum, t.AddScalar(sum, float64(e.classes)))
	all := t.Reshape(t.SumLast(t.Reshape(belief, B*V, opinions)), B, V)
	return normalized(t, t.Mul(t.AddScalar(all, leastConfidence), t.Const(in.Present)))
}

// Loss returns the mean over the rows of the sum of the losses of all opinions.
func (e *Evidential) Loss(t *grad.Tape, in Input, out Output, target Target) *grad.Var {
	B, V := in.Rows(), len(in.Views)
	weights, total := floats(t, B), 0.0
	for b := range weights {
		if weights[b] = 1; target.Weights != nil {
			weights[b] = target.Weights[b]
		}
		if !in.anyPresent(b) {
			weights[b] = 0
		}
		total += float64(weights[b])
	}
	kl := 1.0
	if e.anneal > 0 {
		kl = min(1, float64(target.Epoch)/e.anneal)
	}
	l := e.join(t, in, out.Votes)
	l = t.Sub(l, t.ReLU(t.AddScalar(l, -maxLogEvidence)))
	joint := t.AddScalar(t.Scale(t.AddScalar(t.Exp(l), -1), float64(e.classes)), 1)
	sum := e.opinionLoss(t, joint, target.P, weights, kl)
	for k := range V {
		own := in.Mask(t, k)
		for b := range own {
			own[b] *= weights[b]
		}
		sum = t.Add(sum, e.opinionLoss(t, t.AddScalar(t.Select(out.Votes, k), 1), target.P, own, kl))
	}
	return t.Scale(sum, 1/max(total, 1e-30))
}

// opinionLoss is the weighted sum of the losses of alpha [B, width], the mean over the labels.
func (e *Evidential) opinionLoss(t *grad.Tape, alpha *grad.Var, p *tensor.Tensor, weights []float32, kl float64) *grad.Var {
	if !e.multilabel {
		return t.DirichletLoss(alpha, p, weights, kl)
	}
	n := e.outputs
	both, each := t.NewConst(len(weights)*n, 2).Value(), floats(t, len(weights)*n)
	for i := range each {
		yes := p.Flat(i)
		both.SetFlat(1-yes, 2*i)
		both.SetFlat(yes, 2*i+1)
		each[i] = weights[i/n]
	}
	return t.Scale(t.DirichletLoss(t.Reshape(alpha, len(each), 2), both, each, kl), 1/float64(n))
}
