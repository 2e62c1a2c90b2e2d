package export

import (
	"fmt"
	"slices"

	"github.com/fusor-ml/fusor/feature"
	"github.com/fusor-ml/fusor/model"
)

// view declares the inputs of view k and appends its encoder. keep is whether the fusion takes
// sequences.
func (n *network) view(k int, keep bool) (view, error) {
	v := n.spec.Views[k]
	e := n.under("encoder").under(v.Name)
	keep = keep && slices.Contains(model.Encoders(v.Shape), model.BiLSTM)
	d := n.viewInfo(k)
	out := view{dim: n.spec.Width}
	switch v.Shape {
	case feature.Vector:
		x := n.scaled(k, n.input(v.Name, float32s, "features of "+v.Name, n.batch, axis{length: v.Dim}))
		x = n.where(n.column[k], x, n.float(0))
		out.x, out.dim = n.vector(e, v, x)
	case feature.Sparse:
		out.x = n.bag(e, v, k)
	case feature.Sequence, feature.Tokens:
		steps := axis{name: v.Name + ".steps"}
		var x value
		if v.Shape == feature.Tokens {
			ids := n.input(d.Inputs[0], int64s, "ids of the tokens of "+v.Name, n.batch, steps)
			x = n.gather(e.under("embedding").weight("weight"), n.max(ids, n.int(0)), 0)
		} else {
			x = n.input(v.Name, float32s, "features of each step of "+v.Name, n.batch, steps, axis{length: v.Dim})
			x = n.scaled(k, x)
		}
		x = n.where(n.unsqueeze(n.column[k], 2), x, n.float(0))
		lengths := n.input(v.Name+".lengths", int64s, "valid steps of each row of "+v.Name, n.batch)
		lengths = n.max(n.where(n.squeeze(n.column[k], 1), n.min(lengths, n.length(x, 1)), n.int(1)), n.int(1))
		if keep {
			out.x, out.lengths = e.under("step").linearSteps(x), lengths
		} else {
			out.x = n.pooled(e, v, x, lengths)
		}
	default:
		return view{}, fmt.Errorf("view %s: a view of the shape %s has no exporter", v.Name, v.Shape)
	}
	n.describe = append(n.describe, d)
	return out, nil
}

// viewInfo describes view k.
func (n *network) viewInfo(k int) viewInfo {
	v, saved := n.spec.Views[k], n.a.Views[k]
	_, _, _, raw := n.scales(k)
	d := viewInfo{
		Name: v.Name, Column: v.Column, View: saved.View, Version: saved.Version, Options: saved.Options,
		Shape: v.Shape, Dim: v.Dim, Inputs: []string{v.Name}, Fitted: !raw,
	}
	switch v.Shape {
	case feature.Sparse:
		d.Inputs = []string{v.Name + ".ids", v.Name + ".weights"}
	case feature.Tokens:
		d.Inputs = []string{v.Name + ".ids", v.Name + ".lengths"}
	case feature.Sequence:
		d.Inputs = append(d.Inputs, v.Name+".lengths")
	}
	return d
}

// scales returns the fitted scales of view k. ok is false where its state does more than scaling,
// so that the input is what the state makes of the features.
func (n *network) scales(k int) (mean, scale []float32, limit float64, ok bool) {
	s, ok := n.a.States[k].(feature.Scaler)
	if ok {
		mean, scale, limit = s.Scales()
	}
	return mean, scale, limit, ok
}

// scaled applies the fitted scales of view k to x [..., D].
func (n *network) scaled(k int, x value) value {
	mean, scale, limit, ok := n.scales(k)
	if !ok {
		return x
	}
	finite := n.equal(n.graph.sub(x, x), n.float(0))
	y := n.where(finite, x, n.float(0))
	if len(mean) > 0 {
		y = n.mul(n.graph.sub(y, n.floats(mean, len(mean))), n.floats(scale, len(scale)))
	}
	return n.where(finite, n.clip(y, -limit, limit), n.float(0))
}

// vector encodes x [N, D].
func (n *network) vector(e scope, v model.View, x value) (value, int) {
	if v.Encoder == model.Identity {
		return x, v.Dim
	}
	if v.Gain != 0 {
		x = n.mul(x, n.float(v.Gain))
	}
	x = e.linear(x)
	if v.Encoder == model.MLP {
		x = n.relu(x)
	}
	return x, n.spec.Width
}

// bag is the weighted sum of the rows of a table that the ids of a bag name. Ids below 0 fill rows
// up.
func (n *network) bag(e scope, v model.View, k int) value {
	entries := axis{name: v.Name + ".entries"}
	ids := n.input(v.Name+".ids", int64s, "ids of the entries of "+v.Name+"; -1 behind their end", n.batch, entries)
	weights := n.input(v.Name+".weights", float32s, "weights of the entries of "+v.Name, n.batch, entries)
	there := n.node("And", nil, n.column[k], n.not(n.less(ids, n.int(0))))
	rows := n.gather(e.weight("weight"), n.max(ids, n.int(0)), 0) // [N, K, width]
	x := n.add(n.weightedSum(rows, n.where(there, weights, n.float(0))), e.weight("bias"))
	if v.Encoder == model.MLP {
		x = n.relu(x)
	}
	return x
}

// pooled runs over the steps of x [N, T, D] and pools them: their mean plus their sum under
// attention.
func (n *network) pooled(e scope, v model.View, x, lengths value) value {
	if v.Encoder == model.BiLSTM {
		x = e.under("lstm").lstm(x, lengths, 1)
	} else {
		x = n.relu(e.under("layer").linearSteps(x))
	}
	pool := e.under("pool")
	score := n.matmul(n.tanh(pool.under("score").linearSteps(x)), n.transpose(pool.weight("v"), 1, 0))
	valid := n.within(lengths, n.length(x, 1))
	w := n.maskedSoftmax(n.squeeze(score, 2), valid, n.cast(valid, float32s))
	x = n.add(n.weightedSum(x, w), n.meanTime(x, lengths))
	return n.relu(e.under("out").linear(x))
}
