package export

import (
	"fmt"

	"github.com/fusor-ml/fusor/fusion"
)

// view is an encoded view: x [N, dim], or [N, T, dim] with lengths [N] of at least 1.
type view struct {
	x       value
	dim     int
	lengths value // "" of a vector
}

// presence is which views a row has, in the forms that the methods need.
type presence struct {
	n      int     // views
	mask   value   // bool [N, V]
	ones   value   // the same as 0 and 1
	column []value // bool [N, 1] of each view
	any    value   // bool [N, 1]
}

func newPresence(g *graph, present value, n int) presence {
	p := presence{n: n, mask: g.not(g.equal(present, g.float(0)))}
	p.ones = g.cast(p.mask, float32s)
	for k := range n {
		p.column = append(p.column, g.gather(p.mask, g.ints(k), 1))
	}
	p.any = g.greater(g.sum(p.ones, 1, true), g.float(0))
	return p
}

// uniform returns 1/(views present) where a view is present, else 0: [N, V].
func (p *presence) uniform(g *graph) value {
	return g.div(p.ones, g.max(g.sum(p.ones, 1, true), g.float(1)))
}

// ingredients is what a method is exported from: its learned tensors, its options and its input.
type ingredients struct {
	scope
	presence
	views      []view
	config     fusion.Config // with the defaults filled in
	outputs    int
	regression bool
	multilabel bool
	groups     func() value // asks for the input that holds the group of each row
}

// fused is what a method makes of a batch, as fusion.Output.
type fused struct{ z, weights value }

// methods holds the exporter of each method by name. Tensors are found by the names that the types
// of package fusion document.
var methods = map[string]func(*ingredients) fused{
	"mean":           mean,
	"weighted":       weighted,
	"concat":         concat,
	"attention":      attention,
	"bilstm":         bilstm,
	"gated":          gated,
	"tensor":         outer,
	"lowrank":        lowrank,
	"film":           film,
	"multiplicative": multiplicative,
	"poe":            poe,
	"transformer":    transformer,
	"late":           late,
	"moe":            moe,
	"evidential":     evidential,
	"quality":        quality,
	"stacking":       stacking,
	"mlb":            mlb,
	"mult":           mult,
}

// masked returns view k with zeros where it is absent.
func (in *ingredients) masked(k int) value {
	return in.where(in.column[k], in.views[k].x, in.float(0))
}

// projected returns view k through proj.k, if there is one, with zeros where it is absent.
func (in *ingredients) projected(k int) (value, int) {
	p := in.at("proj", k)
	if !p.has("weight") {
		return in.masked(k), in.views[k].dim
	}
	return in.where(in.column[k], p.linear(in.masked(k)), in.float(0)), p.width(0)
}

// stacked returns every view through proj.k, side by side: [N, V, dim].
func (in *ingredients) stacked() value {
	xs := make([]value, in.n)
	for k := range xs {
		x, _ := in.projected(k)
		xs[k] = in.unsqueeze(x, 1)
	}
	return in.concat(1, xs...)
}

// joined returns the views side by side with absent.k in place of what is absent: [N, ΣD].
func (in *ingredients) joined() value {
	xs := make([]value, in.n)
	for k := range xs {
		xs[k] = in.where(in.column[k], in.views[k].x, in.under("absent").weight(fmt.Sprint(k)))
	}
	return in.concat(1, xs...)
}

// total adds values up.
func (g *graph) total(xs []value) value {
	sum := xs[0]
	for _, x := range xs[1:] {
		sum = g.add(sum, x)
	}
	return sum
}

func mean(in *ingredients) fused {
	w := in.uniform(in.graph)
	return fused{in.weightedSum(in.stacked(), w), w}
}

func weighted(in *ingredients) fused {
	var w value
	switch fixed := in.config.Floats("weights"); {
	case in.has("logits"):
		w = in.maskedSoftmax(in.weight("logits"), in.mask, in.ones)
	case len(fixed) > 0:
		w = in.spread(fixed)
	default:
		w = in.uniform(in.graph)
	}
	return fused{in.weightedSum(in.stacked(), w), w}
}

// spread scales fixed weights, where views are absent, so that the magnitudes of those of the
// present views add up to what all of them add up to.
func (in *ingredients) spread(fixed []float64) value {
	w, size, all := make([]float32, in.n), make([]float32, in.n), 0.0
	for k, v := range fixed {
		w[k] = float32(v)
		size[k] = max(w[k], -w[k])
		all += float64(size[k])
	}
	here := in.sum(in.mul(in.ones, in.floats(size, in.n)), 1, true)
	factor := in.div(in.float(all), in.max(here, in.float(1e-30)))
	complete := in.greater(in.sum(in.ones, 1, true), in.float(float64(in.n)-0.5))
	return in.mul(in.mul(in.ones, in.floats(w, in.n)), in.where(complete, in.float(1), factor))
}

func concat(in *ingredients) fused { return fused{z: in.under("proj").optional(in.joined())} }

func attention(in *ingredients) fused {
	h, w := in.stacked(), in.uniform(in.graph)
	if score := in.under("score"); score.has("v") {
		v := score.tensor("v")
		column := in.reshape(score.weight("v"), len(v.F32), 1)
		s := in.squeeze(in.matmul(in.tanh(score.linearSteps(h)), column), 2)
		w = in.maskedSoftmax(s, in.mask, in.ones)
	}
	return fused{in.weightedSum(h, w), w}
}

func gated(in *ingredients) fused {
	xs := make([]value, in.n)
	for k := range xs {
		xs[k] = in.masked(k)
	}
	all := in.concat(1, xs...)
	terms := make([]value, in.n)
	for k, x := range xs {
		y := in.mul(in.sigmoid(in.at("z", k).linear(all)), in.tanh(in.at("h", k).linear(x)))
		terms[k] = in.where(in.column[k], y, in.float(0))
	}
	return fused{z: in.total(terms)}
}

// tensorFactors is the most factors of tensor fusion: view k belongs to factor k mod 6.
const tensorFactors = 6

func outer(in *ingredients) fused {
	n := min(in.n, tensorFactors)
	factors, widths := make([]value, n), make([]int, n)
	for k := range in.n {
		x, dim := in.projected(k)
		j := k % n
		if k < n {
			factors[j], widths[j] = x, dim
		} else {
			factors[j] = in.add(factors[j], x)
		}
	}
	z, width := in.one(factors[0]), widths[0]+1
	for j := 1; j < n; j++ {
		width *= widths[j] + 1
		z = in.product(z, in.one(factors[j]), width)
	}
	return fused{z: z}
}

// product is the outer product of two vectors in each row, flattened: [N, width].
func (g *graph) product(a, b value, width int) value {
	return g.reshape(g.mul(g.unsqueeze(a, 2), g.unsqueeze(b, 1)), 0, width)
}

func lowrank(in *ingredients) fused {
	var p value
	for k := range in.n {
		part := in.matmul(in.one(in.masked(k)), in.under("factor").weight(fmt.Sprint(k))) // [rank, N, dim]
		if k == 0 {
			p = part
		} else {
			p = in.mul(p, part)
		}
	}
	w := in.reshape(in.weight("rank_weights"), -1, 1, 1)
	return fused{z: in.add(in.sum(in.mul(p, w), 0, false), in.weight("bias"))}
}

func film(in *ingredients) fused {
	x := in.where(in.column[0], in.at("proj", 0).optional(in.masked(0)), in.under("absent").weight("0"))
	if in.n == 1 {
		return fused{z: x}
	}
	terms := make([]value, 0, in.n-1)
	for k := 1; k < in.n; k++ {
		c, _ := in.projected(k)
		terms = append(terms, c)
	}
	count := in.sum(in.slice(in.ones, 1, 1, in.n), 1, true) // [N, 1]
	c := in.div(in.total(terms), in.max(count, in.float(1)))
	y := in.add(in.mul(in.under("gamma").linear(c), x), in.under("beta").linear(c))
	return fused{z: in.where(in.greater(count, in.float(0)), y, x)}
}

func multiplicative(in *ingredients) fused {
	xs, widths := make([]value, in.n), make([]int, in.n)
	for k := range xs {
		xs[k], widths[k] = in.projected(k)
	}
	terms := []value{}
	for i := range in.n {
		for j := i + 1; j < in.n; j++ {
			name := "w"
			if in.n > 2 {
				name = fmt.Sprintf("w.%d.%d", i, j)
			}
			flat := widths[i] * widths[j]
			w := in.reshape(in.weight(name), flat, -1)
			terms = append(terms, in.matmul(in.product(xs[i], xs[j], flat), w))
		}
	}
	for k, x := range xs {
		name := [...]string{"u", "v"}[k%2]
		if in.n > 2 {
			name = fmt.Sprintf("u.%d", k)
		}
		terms = append(terms, in.matmul(x, in.weight(name)))
	}
	return fused{z: in.add(in.total(terms), in.weight("bias"))}
}

// maxLogPrecision bounds an expert's ln precision, as fusion.PoE does.
const maxLogPrecision = 40

func poe(in *ingredients) fused {
	var means, precisions []value
	for k := range in.n {
		x := in.masked(k)
		log := in.min(in.node("Neg", nil, in.at("logvar", k).linear(x)), in.float(maxLogPrecision))
		p := in.where(in.column[k], in.exp(log), in.float(0))
		means = append(means, in.mul(p, in.at("mu", k).linear(x)))
		precisions = append(precisions, p)
	}
	return fused{z: in.div(in.total(means), in.add(in.total(precisions), in.float(1)))}
}

func mlb(in *ingredients) fused {
	z := in.where(in.column[0], in.tanh(in.under("question").linear(in.masked(0))), in.float(1))
	if in.n == 1 {
		return fused{z: z}
	}
	hs := make([]value, in.n-1)
	for k := range hs {
		h, _ := in.projected(k + 1)
		hs[k] = in.unsqueeze(h, 1)
	}
	h := in.concat(1, hs...) // [N, V-1, dim]
	v := in.squeeze(hs[0], 1)
	others := in.slice(in.ones, 1, 1, in.n)
	if in.n > 2 {
		asked := in.where(in.column[0], in.tanh(in.under("ask").linear(in.masked(0))), in.float(1))
		met := in.mul(in.unsqueeze(asked, 1), in.tanh(in.under("look").linearSteps(h)))
		scores := in.transpose(in.matmul(met, in.transpose(in.weight("glimpse"), 1, 0)), 0, 2, 1) // [N, glimpses, V-1]
		mask := in.slice(in.mask, 1, 1, in.n)
		a := in.maskedSoftmax(scores, in.unsqueeze(mask, 1), in.unsqueeze(others, 1))
		v = in.reshape(in.matmul(a, h), 0, in.under("answer").tensor("weight").Shape[1])
	}
	some := in.greater(in.sum(others, 1, true), in.float(0))
	return fused{z: in.mul(z, in.where(some, in.tanh(in.under("answer").linear(v)), in.float(1)))}
}
