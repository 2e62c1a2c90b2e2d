package export

import (
	"math"
	"strconv"
)

// mult is cross-modal attention between all pairs of views, as fusion.MulT is.
func mult(in *ingredients) fused {
	hs, masks := make([]value, in.n), make([]value, in.n)
	for k := range hs {
		hs[k], masks[k] = in.positioned(k)
	}
	zs := make([]value, in.n)
	for k := range hs {
		z := in.lastStep(k, in.layerStack(in.at("self", k), in.looked(k, hs, masks), "", masks[k]))
		zs[k] = in.where(in.column[k], z, in.under("absent").weight(strconv.Itoa(k)))
	}
	return fused{z: in.concat(1, zs...)}
}

// positioned returns view k as projected steps with their positions, [N, T, dim], and which of them
// are there, bool [N, T].
func (in *ingredients) positioned(k int) (h, mask value) {
	x, lengths := in.views[k].x, in.views[k].lengths
	mask = in.column[k]
	if lengths == "" {
		x = in.unsqueeze(x, 1)
	} else {
		mask = in.node("And", nil, mask, in.within(lengths, in.length(x, 1)))
	}
	x = in.where(in.unsqueeze(mask, 2), x, in.float(0))
	p := in.at("proj", k)
	dim := p.width(0)
	odd, frequency := make([]float32, dim), make([]float32, dim)
	for c := range dim {
		odd[c] = float32(c % 2)
		frequency[c] = float32(math.Pow(10000, -float64(c-c%2)/float64(dim)))
	}
	at := in.unsqueeze(in.cast(in.upTo(in.length(x, 1)), float32s), 1) // [T, 1]
	angle := in.mul(at, in.floats(frequency, 1, dim))
	isOdd := in.greater(in.floats(odd, 1, dim), in.float(0.5))
	pe := in.where(isOdd, in.node("Cos", nil, angle), in.node("Sin", nil, angle))
	return in.add(p.linearSteps(x), pe), mask
}

// looked returns the mean of what view k sees in the others that are present, or itself.
func (in *ingredients) looked(k int, hs, masks []value) value {
	if in.n == 1 {
		return hs[k]
	}
	var sums, counts []value
	for j := range hs {
		if j == k {
			continue
		}
		here := in.unsqueeze(in.column[j], 2) // bool [N, 1, 1]
		y := in.layerStack(in.at("cross", k).under(strconv.Itoa(j)), hs[k], hs[j], masks[j])
		sums = append(sums, in.where(here, y, in.float(0)))
		counts = append(counts, in.cast(here, float32s))
	}
	n := in.total(counts)
	mean := in.div(in.total(sums), in.max(n, in.float(1)))
	return in.where(in.greater(n, in.float(0)), mean, hs[k])
}

// layerStack is layers that look at source, or "" for themselves, and a norm.
func (in *ingredients) layerStack(s scope, x, source, mask value) value {
	for i := range in.config.Int("layers") {
		l := s.at("layers", i)
		from := l.under("norm1").layerNorm(x)
		to := from
		if source != "" {
			from = l.under("norm1").layerNorm(source)
		}
		x = in.add(x, in.attend(l.under("self_attn"), to, from, mask))
		up := l.under("linear1").linearSteps(l.under("norm2").layerNorm(x))
		x = in.add(x, l.under("linear2").linearSteps(in.relu(up)))
	}
	return s.under("norm").layerNorm(x)
}

// lastStep returns the last step of view k in each row: [N, dim].
func (in *ingredients) lastStep(k int, z value) value {
	lengths := in.views[k].lengths
	if lengths == "" {
		return in.squeeze(z, 1)
	}
	last := in.equal(in.unsqueeze(in.upTo(in.length(z, 1)), 0), in.unsqueeze(in.graph.sub(lengths, in.int(1)), 1))
	return in.weightedSum(z, in.cast(last, float32s))
}
