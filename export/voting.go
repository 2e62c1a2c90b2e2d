package export

import "fmt"

// voteFloor keeps the logarithm finite, as package fusion does.
const voteFloor = 1e-12

func late(in *ingredients) fused { return in.mix(in.heads("head"), in.uniform(in.graph)) }

// heads returns what layer name.k makes of view k, side by side: [N, V, out].
func (in *ingredients) heads(name string) value {
	votes := make([]value, in.n)
	for k := range votes {
		votes[k] = in.unsqueeze(in.at(name, k).linear(in.masked(k)), 1)
	}
	return in.concat(1, votes...)
}

// mix returns what votes [N, V, out] of weights w [N, V] predict together.
func (in *ingredients) mix(votes, w value) fused {
	if in.regression {
		return fused{in.weightedSum(votes, w), w}
	}
	if in.multilabel {
		floor := in.where(in.any, in.float(voteFloor), in.float(0.5))
		yes := in.add(in.weightedSum(in.sigmoid(votes), w), floor)
		no := in.add(in.weightedSum(in.sigmoid(in.node("Neg", nil, votes)), w), floor)
		return fused{in.sub(in.log(yes), in.log(no)), w}
	}
	p := in.weightedSum(in.softmax(votes), w)
	even := in.where(in.any, in.float(voteFloor), in.float(1/float64(in.outputs)))
	return fused{in.log(in.add(p, even)), w}
}

func moe(in *ingredients) fused {
	w := in.uniform(in.graph)
	if in.at("gate", 0).has("weight") {
		xs, scores := make([]value, in.n), make([]value, in.n)
		for k := range xs {
			xs[k] = in.masked(k)
		}
		all := in.concat(1, xs...)
		for k := range xs {
			scores[k] = in.at("gate", k).linear(all)
		}
		w = in.maskedSoftmax(in.concat(1, scores...), in.mask, in.ones)
	}
	return in.mix(in.heads("expert"), w)
}

// leastConfidence keeps the share of a view defined, as package fusion does.
const leastConfidence = 1e-6

// shares returns the share of each view in x [N, V] of numbers of at least 0.
func (in *ingredients) shares(x value) value {
	x = in.mul(in.add(x, in.float(leastConfidence)), in.ones)
	return in.div(x, in.add(in.sum(x, 1, true), in.where(in.any, in.float(0), in.float(1))))
}

func quality(in *ingredients) fused {
	votes := in.heads("head")
	temperature, scale := in.config.Float("temperature"), in.config.Float("scale")
	f := in.mul(votes, in.float(1/temperature))
	var energy value // negative, [N, V]
	if in.multilabel {
		e := in.sub(in.node("Softplus", nil, f), in.mul(f, in.float(0.5)))
		energy = in.div(in.sum(e, 2, false), in.float(float64(in.outputs)))
	} else {
		first := in.slice(f, 2, 0, 1)
		energy = in.squeeze(in.sub(first, in.slice(in.node("LogSoftmax", []attr{{"axis", -1}}, f), 2, 0, 1)), 2)
	}
	c := in.mul(in.mul(energy, in.float(scale*temperature)), in.ones)
	z := in.weightedSum(votes, c)
	if !in.multilabel {
		z = in.node("LogSoftmax", []attr{{"axis", -1}}, z)
	}
	return fused{z, in.shares(in.relu(c))}
}

func evidential(in *ingredients) fused {
	classes, opinions := in.outputs, 1
	if in.multilabel {
		classes, opinions = 2, in.outputs
	}
	K := in.float(float64(classes))
	evidence := in.node("Softplus", nil, in.heads("head")) // [N, V, width]
	l := in.weightedSum(in.log(in.add(in.div(evidence, K), in.float(1))), in.ones)
	open := in.add(in.mul(in.exp(in.node("Neg", nil, l)), in.float(1-float64(classes))), K)
	z := in.add(l, in.log(open))
	if in.multilabel {
		z = in.reshape(z, 0, opinions, 2)
		z = in.squeeze(in.sub(in.slice(z, 2, 1, 2), in.slice(z, 2, 0, 1)), 2)
	} else {
		z = in.node("LogSoftmax", []attr{{"axis", -1}}, z)
	}
	sum := in.sum(in.reshape(evidence, 0, 0, opinions, classes), 3, false) // [N, V, opinions]
	return fused{z, in.shares(in.sum(in.div(sum, in.add(sum, K)), 2, false))}
}

func stacking(in *ingredients) fused {
	votes := in.heads("head")
	logs := []attr{{"axis", -1}}
	classes := !in.regression && !in.multilabel
	if classes {
		votes = in.node("LogSoftmax", logs, votes)
	}
	scales := make([]value, in.n)
	for k := range scales {
		scales[k] = in.unsqueeze(in.under("scale").weight(fmt.Sprint(k)), 0)
	}
	z := in.add(in.weightedSum(in.mul(votes, in.concat(0, scales...)), in.ones), in.weight("bias"))
	if classes {
		z = in.node("LogSoftmax", logs, z)
	}
	return fused{z: z}
}
