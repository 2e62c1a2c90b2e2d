package export

// The operators that the exporters use, each as a method that appends one node or a few. All of
// them mean the same from opset 17 to 21.

func (g *graph) add(a, b value) value  { return g.node("Add", nil, a, b) }
func (g *graph) sub(a, b value) value  { return g.node("Sub", nil, a, b) }
func (g *graph) mul(a, b value) value  { return g.node("Mul", nil, a, b) }
func (g *graph) div(a, b value) value  { return g.node("Div", nil, a, b) }
func (g *graph) exp(x value) value     { return g.node("Exp", nil, x) }
func (g *graph) log(x value) value     { return g.node("Log", nil, x) }
func (g *graph) tanh(x value) value    { return g.node("Tanh", nil, x) }
func (g *graph) relu(x value) value    { return g.node("Relu", nil, x) }
func (g *graph) sigmoid(x value) value { return g.node("Sigmoid", nil, x) }
func (g *graph) not(x value) value     { return g.node("Not", nil, x) }
func (g *graph) equal(a, b value) value {
	return g.node("Equal", nil, a, b)
}
func (g *graph) greater(a, b value) value { return g.node("Greater", nil, a, b) }
func (g *graph) less(a, b value) value    { return g.node("Less", nil, a, b) }
func (g *graph) min(a, b value) value     { return g.node("Min", nil, a, b) }
func (g *graph) max(a, b value) value     { return g.node("Max", nil, a, b) }

// where returns a where the condition holds, else b.
func (g *graph) where(cond, a, b value) value { return g.node("Where", nil, cond, a, b) }

func (g *graph) matmul(a, b value) value { return g.node("MatMul", nil, a, b) }

func (g *graph) softmax(x value) value { return g.node("Softmax", []attr{{"axis", -1}}, x) }

func (g *graph) cast(x value, to elem) value { return g.node("Cast", []attr{{"to", int(to)}}, x) }

func (g *graph) concat(axis int, xs ...value) value {
	if len(xs) == 1 {
		return xs[0]
	}
	return g.node("Concat", []attr{{"axis", axis}}, xs...)
}

// reshape takes a 0 for the length that x has on that axis, and -1 for what is left.
func (g *graph) reshape(x value, shape ...int) value {
	return g.node("Reshape", nil, x, g.ints(shape...))
}

func (g *graph) unsqueeze(x value, axes ...int) value {
	return g.node("Unsqueeze", nil, x, g.ints(axes...))
}

func (g *graph) squeeze(x value, axes ...int) value {
	return g.node("Squeeze", nil, x, g.ints(axes...))
}

func (g *graph) transpose(x value, perm ...int) value {
	return g.node("Transpose", []attr{{"perm", perm}}, x)
}

// gather picks entries of axis 0 of x, or of another one.
func (g *graph) gather(x, index value, axis int) value {
	return g.node("Gather", []attr{{"axis", axis}}, x, index)
}

// slice returns x[from:to] on an axis.
func (g *graph) slice(x value, axis, from, to int) value {
	return g.node("Slice", nil, x, g.ints(from), g.ints(to), g.ints(axis))
}

// sum adds along an axis.
func (g *graph) sum(x value, axis int, keep bool) value {
	k := 0
	if keep {
		k = 1
	}
	return g.node("ReduceSum", []attr{{"keepdims", k}}, x, g.ints(axis))
}

// length returns how long an axis of x is, as a list of one.
func (g *graph) length(x value, axis int) value {
	return g.slice(g.node("Shape", nil, x), 0, axis, axis+1)
}

// count returns 0, 1, … up to a length that is a list of one.
func (g *graph) upTo(length value) value {
	return g.node("Range", nil, g.int(0), g.squeeze(length, 0), g.int(1))
}

// one puts a 1 before each row of x [N, D].
func (g *graph) one(x value) value {
	return g.node("Pad", []attr{{"mode", "constant"}}, x, g.ints(0, 1, 0, 0), g.float(1))
}

// clip bounds x.
func (g *graph) clip(x value, low, high float64) value {
	return g.node("Clip", nil, x, g.float(low), g.float(high))
}

// lowest represents −∞ in a softmax: e to this is 0, yet the difference of two of them is a number.
const lowest = -1e38

// maskedSoftmax is the softmax along the last axis over what the mask has, a bool of x's rank or
// less; weights is the mask as 0 and 1. Where the mask has nothing the result is 0.
func (g *graph) maskedSoftmax(x, mask, weights value) value {
	return g.mul(g.softmax(g.where(mask, x, g.float(lowest))), weights)
}

// weightedSum returns Σ_k w[n, k] x[n, k, :] of x [N, K, D].
func (g *graph) weightedSum(x, w value) value {
	return g.squeeze(g.matmul(g.unsqueeze(w, 1), x), 1)
}

// steps returns which of T steps are within the lengths [N]: bool [N, T]. T is a list of one.
func (g *graph) within(lengths, steps value) value {
	return g.less(g.unsqueeze(g.upTo(steps), 0), g.unsqueeze(lengths, 1))
}

// meanTime is the mean of x [N, T, D] over the steps within lengths [N].
func (g *graph) meanTime(x, lengths value) value {
	valid := g.cast(g.within(lengths, g.length(x, 1)), float32s)
	return g.weightedSum(x, g.div(valid, g.unsqueeze(g.cast(lengths, float32s), 1)))
}
