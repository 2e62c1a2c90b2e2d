package export

import (
	"fmt"
	"math"

	"github.com/fusor-ml/fusor/fusion"
)

// transformer is encoder layers over the views as tokens, and the mean of those of present views.
func transformer(in *ingredients) fused {
	xs := make([]value, in.n)
	for k := range xs { // a token of an absent view is masked as a key, whatever it holds
		xs[k] = in.unsqueeze(in.at("proj", k).linear(in.masked(k)), 1)
	}
	h := in.concat(1, xs...)
	for i := range in.config.Int("layers") {
		l := in.at("layers", i)
		x := l.under("norm1").layerNorm(h)
		h = in.add(h, in.attend(l.under("self_attn"), x, x, in.mask))
		up := l.under("linear1").linearSteps(l.under("norm2").layerNorm(h))
		h = in.add(h, l.under("linear2").linearSteps(in.gelu(up)))
	}
	return fused{z: in.weightedSum(in.under("norm").layerNorm(h), in.uniform(in.graph))}
}

// gelu is x Φ(x).
func (g *graph) gelu(x value) value {
	erf := g.node("Erf", nil, g.mul(x, g.float(1/math.Sqrt2)))
	return g.mul(g.mul(x, g.float(0.5)), g.add(erf, g.float(1)))
}

// attend is attention in heads of the tokens x [N, T, E] to those of source [N, S, E] that mask,
// bool [N, S], has.
func (in *ingredients) attend(s scope, x, source, mask value) value {
	heads := in.config.Int("heads")
	width := s.tensor("in_proj_weight").Shape[1]
	project := func(x value) value {
		return in.add(in.matmul(x, in.transpose(s.weight("in_proj_weight"), 1, 0)), s.weight("in_proj_bias"))
	}
	asks := project(x)
	answers := asks
	if source != x {
		answers = project(source)
	}
	part := func(all value, i int, perm ...int) value {
		y := in.slice(all, 2, i*width, (i+1)*width)
		return in.transpose(in.reshape(y, 0, 0, heads, width/heads), perm...)
	}
	q, k, v := part(asks, 0, 0, 2, 1, 3), part(answers, 1, 0, 2, 3, 1), part(answers, 2, 0, 2, 1, 3) // [N, heads, T, e], keys turned
	score := in.mul(in.matmul(q, k), in.float(1/math.Sqrt(float64(width/heads))))
	w := in.maskedSoftmax(score, in.unsqueeze(mask, 1, 2), in.unsqueeze(in.cast(mask, float32s), 1, 2))
	y := in.reshape(in.transpose(in.matmul(w, v), 0, 2, 1, 3), 0, 0, width)
	return s.under("out_proj").linearSteps(y)
}

func bilstm(in *ingredients) fused {
	over := in.config.Text("over")
	if over == "" {
		over = fusion.OverViews
		for _, v := range in.views {
			if v.lengths != "" {
				over = fusion.OverTime
			}
		}
	}
	switch over {
	case fusion.OverTime:
		return fused{z: in.overTime()}
	case fusion.OverRows:
		return fused{z: in.overRows()}
	}
	return fused{z: in.overViews()}
}

func (in *ingredients) read(x, lengths value) value {
	return in.lstm(x, lengths, in.config.Int("layers"))
}

// overViews reads the present views, moved to the front by a matrix that has a 1 in row i and
// column k where view k is the i-th that is present.
func (in *ingredients) overViews() value {
	before, places := make([]float32, in.n*in.n), make([]float32, in.n)
	for i := range in.n {
		places[i] = float32(i)
		for k := i + 1; k < in.n; k++ {
			before[i*in.n+k] = 1
		}
	}
	place := in.unsqueeze(in.matmul(in.ones, in.floats(before, in.n, in.n)), 1) // [N, 1, V]
	here := in.node("And", nil, in.equal(place, in.floats(places, 1, in.n, 1)), in.unsqueeze(in.mask, 1))
	x := in.matmul(in.cast(here, float32s), in.stacked())
	lengths := in.cast(in.max(in.sum(in.ones, 1, false), in.float(1)), int64s)
	return in.meanTime(in.read(x, lengths), lengths)
}

// overRows reads the rows of each group in their order.
func (in *ingredients) overRows() value {
	x, group := in.joined(), in.groups() // [N, D], [N]
	same := in.equal(in.unsqueeze(group, 1), in.unsqueeze(group, 0))
	earlier := in.node("Trilu", []attr{{"upper", 0}}, in.cast(same, float32s), in.int(-1))
	place := in.cast(in.sum(earlier, 1, false), int64s) // in the group
	groups := in.add(in.node("ReduceMax", []attr{{"keepdims", 1}}, group), in.int(1))
	steps := in.add(in.node("ReduceMax", []attr{{"keepdims", 1}}, place), in.int(1))
	members := in.equal(in.unsqueeze(in.upTo(groups), 1), in.unsqueeze(group, 0))
	lengths := in.max(in.cast(in.sum(in.cast(members, float32s), 1, false), int64s), in.int(1))
	at := in.concat(1, in.unsqueeze(group, 1), in.unsqueeze(place, 1)) // [N, 2]
	room := in.node("ConstantOfShape", nil, in.concat(0, groups, steps, in.length(x, 1)))
	h := in.read(in.node("ScatterND", nil, room, at, x), lengths)
	z := in.node("GatherND", nil, h, at)
	if in.config.Bool("skip") {
		z = in.concat(1, z, x)
	}
	return z
}

// overTime reads the views side by side at each step.
func (in *ingredients) overTime() value {
	lengths, steps := in.ints(1), in.ints(1)
	for k, v := range in.views {
		if v.lengths == "" {
			continue
		}
		here := in.where(in.squeeze(in.column[k], 1), v.lengths, in.int(1))
		lengths, steps = in.max(lengths, here), in.max(steps, in.length(v.x, 1))
	}
	rows := in.length(in.mask, 0)
	lengths = in.node("Expand", nil, lengths, rows)
	xs := make([]value, in.n)
	for k, v := range in.views {
		absent := in.under("absent").weight(fmt.Sprint(k))
		if v.lengths == "" {
			x := in.unsqueeze(in.where(in.column[k], v.x, absent), 1)
			xs[k] = in.node("Expand", nil, x, in.concat(0, rows, steps, in.ints(v.dim)))
			continue
		}
		behind := in.concat(0, in.ints(0, 0, 0, 0), in.graph.sub(steps, in.length(v.x, 1)), in.ints(0))
		x := in.node("Pad", []attr{{"mode", "constant"}}, v.x, behind, in.float(0))
		own := in.where(in.squeeze(in.column[k], 1), v.lengths, in.int(0))
		xs[k] = in.where(in.unsqueeze(in.within(own, steps), 2), x, absent)
	}
	return in.meanTime(in.read(in.concat(2, xs...), lengths), lengths)
}
