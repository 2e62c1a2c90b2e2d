package export

import (
	"fmt"
	"slices"

	"github.com/fusor-ml/fusor/feature"
	"github.com/fusor-ml/fusor/model"
)

// input is what one view is given as: x [N, D] of a vector; [N, T, D] with lengths of a sequence,
// absent steps are zeros; ids with lengths of tokens; ids with weights of a bag.
type input struct {
	x, ids, weights, lengths value
}

// read declares the inputs of view k.
func (n *network) read(k int) error {
	v, d := n.spec.Views[k], n.viewInfo(k)
	steps := axis{name: v.Name + ".steps"}
	var in input
	switch v.Shape {
	case feature.Vector:
		x := n.scaled(k, n.input(v.Name, float32s, "features of "+v.Name, n.batch, axis{length: v.Dim}))
		in.x = n.where(n.column[k], x, n.float(0))
	case feature.Sparse:
		entries := axis{name: v.Name + ".entries"}
		ids := n.input(d.Inputs[0], int64s, "ids of the entries of "+v.Name+"; -1 behind their end", n.batch, entries)
		weights := n.input(d.Inputs[1], float32s, "weights of the entries of "+v.Name, n.batch, entries)
		there := n.node("And", nil, n.column[k], n.not(n.less(ids, n.int(0))))
		in.ids, in.weights = n.max(ids, n.int(0)), n.where(there, weights, n.float(0))
	case feature.Tokens:
		ids := n.input(d.Inputs[0], int64s, "ids of the tokens of "+v.Name, n.batch, steps)
		in.ids = n.max(ids, n.int(0))
		in.lengths = n.lengths(k, ids)
	case feature.Sequence:
		x := n.input(v.Name, float32s, "features of each step of "+v.Name, n.batch, steps, axis{length: v.Dim})
		in.x = n.where(n.unsqueeze(n.column[k], 2), n.scaled(k, x), n.float(0))
		in.lengths = n.lengths(k, in.x)
	default:
		return fmt.Errorf("view %s: a view of the shape %s has no exporter", v.Name, v.Shape)
	}
	n.inputs, n.describe = append(n.inputs, in), append(n.describe, d)
	return nil
}

// lengths declares the lengths of view k, whose steps are axis 1 of x, and keeps them within these.
func (n *network) lengths(k int, x value) value {
	name := n.spec.Views[k].Name
	lengths := n.input(name+".lengths", int64s, "valid steps of each row of "+name, n.batch)
	return n.max(n.where(n.squeeze(n.column[k], 1), n.min(lengths, n.length(x, 1)), n.int(1)), n.int(1))
}

// encode appends the encoder of the member's view k. keep is whether its fusion takes sequences.
func (m *member) encode(k int, keep bool) view {
	v, in := m.spec.Views[k], m.inputs[m.views[k]]
	e := m.under("encoder").under(v.Name)
	out := view{dim: m.spec.Width}
	switch v.Shape {
	case feature.Vector:
		out.x, out.dim = m.vector(e, v, in.x)
		return out
	case feature.Sparse:
		rows := m.gather(e.weight("weight"), in.ids, 0) // [N, K, width]
		out.x = m.add(m.weightedSum(rows, in.weights), e.weight("bias"))
		if v.Encoder == model.MLP {
			out.x = m.relu(out.x)
		}
		return out
	}
	x := in.x
	if v.Shape == feature.Tokens {
		x = m.gather(e.under("embedding").weight("weight"), in.ids, 0)
		x = m.where(m.unsqueeze(m.column[k], 2), x, m.float(0))
	}
	if keep && slices.Contains(model.Encoders(v.Shape), model.BiLSTM) {
		out.x, out.lengths = e.under("step").linearSteps(x), in.lengths
	} else {
		out.x = m.pooled(e, v, x, in.lengths)
	}
	return out
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
func (m *member) vector(e scope, v model.View, x value) (value, int) {
	if v.Encoder == model.Identity {
		return x, v.Dim
	}
	if v.Gain != 0 {
		x = m.mul(x, m.float(v.Gain))
	}
	x = e.linear(x)
	if v.Encoder == model.MLP {
		x = m.relu(x)
	}
	return x, m.spec.Width
}

// pooled runs over the steps of x [N, T, D] and pools them: their mean plus their sum under
// attention.
func (m *member) pooled(e scope, v model.View, x, lengths value) value {
	if v.Encoder == model.BiLSTM {
		x = e.under("lstm").lstm(x, lengths, 1)
	} else {
		x = m.relu(e.under("layer").linearSteps(x))
	}
	pool := e.under("pool")
	score := m.matmul(m.tanh(pool.under("score").linearSteps(x)), m.transpose(pool.weight("v"), 1, 0))
	valid := m.within(lengths, m.length(x, 1))
	w := m.maskedSoftmax(m.squeeze(score, 2), valid, m.cast(valid, float32s))
	x = m.add(m.weightedSum(x, w), m.meanTime(x, lengths))
	return m.relu(e.under("out").linear(x))
}
