package export

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/fusor-ml/fusor/fusion"
	"github.com/fusor-ml/fusor/model"
)

// member exports one network: the model, or one of an ensemble's. Its scope, presence and spec hide
// those of the whole.
type member struct {
	*network
	scope
	presence
	spec  *model.Spec
	views []int // of the whole
}

// build appends the network from the views to the logits.
func (m *member) build(method fusion.Method) (fused, error) {
	export, ok := methods[method.Name]
	if !ok {
		return fused{}, fmt.Errorf("fusion %s has no exporter", method.Name)
	}
	in := &ingredients{
		scope: m.under("fusion"), presence: m.presence,
		config:  m.spec.Fusion.WithDefaults(method.Defaults()),
		outputs: m.spec.Outputs, regression: m.spec.Regression, multilabel: m.spec.Multilabel,
		groups: m.rowGroups,
	}
	keep := method.Sequences(m.spec.Fusion)
	for k := range m.spec.Views {
		in.views = append(in.views, m.encode(k, keep))
	}
	out := export(in)
	if !method.Final {
		head := m.under("head")
		if m.spec.Hidden > 0 {
			out.z = m.relu(head.under("hidden").linear(out.z))
		}
		out.z = head.under("out").linear(out.z)
	}
	return out, nil
}

// rowGroups returns the input that holds the group of each row.
func (n *network) rowGroups() value {
	if n.groups == "" {
		n.groups = n.input("groups", int64s, "number of the group of each row, from 0; the rows of a group are in order", n.batch)
	}
	return n.groups
}

// ensembleFloor keeps the logarithm finite, as package model does.
const ensembleFloor = 1e-12

// ensemble appends every network and averages what they predict, by the weights of those that have
// a view in the row.
func (n *network) ensemble(members []*model.Model) (value, error) {
	votes, here := make([]value, len(members)), make([]value, len(members))
	weights, against := make([]float32, len(members)), make([]value, len(members))
	for k, net := range members {
		m := member{network: n, scope: n.at("member", k), spec: &net.Spec}
		for _, v := range net.Spec.Views {
			m.views = append(m.views, slices.IndexFunc(n.spec.Views, func(w model.View) bool { return w.Name == v.Name }))
		}
		m.presence = newPresence(n.graph, n.gather(n.present, n.ints(m.views...), 1), len(m.views))
		out, err := m.build(net.Method())
		if err != nil {
			return "", fmt.Errorf("member %s: %w", strconv.Itoa(k), err)
		}
		z := out.z
		switch {
		case n.spec.Multilabel:
			z, against[k] = n.sigmoid(z), n.unsqueeze(n.sigmoid(n.node("Neg", nil, z)), 1)
		case !n.spec.Regression:
			z = n.softmax(z)
		}
		z = n.where(m.any, z, n.float(0))
		votes[k], here[k] = n.unsqueeze(z, 1), n.cast(m.any, float32s)
		weights[k] = float32(n.spec.Members[k].Weight)
	}
	w := n.mul(n.concat(1, here...), n.floats(weights, 1, len(members)))
	w = n.div(w, n.max(n.sum(w, 1, true), n.float(1e-30)))
	p := n.weightedSum(n.concat(1, votes...), w)
	if n.spec.Regression {
		return p, nil
	}
	yes := n.log(n.add(p, n.float(ensembleFloor)))
	if n.spec.Multilabel {
		return n.sub(yes, n.log(n.add(n.weightedSum(n.concat(1, against...), w), n.float(ensembleFloor)))), nil
	}
	return yes, nil
}

func upTo(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}
