package onnx

import (
	"math"
	"slices"
)

func buildShape(b *builder) runner {
	start, end := b.int("start", 0), b.int("end", math.MaxInt64)
	return func(c *call) {
		rank := len(c.in[0].Shape)
		from, to := clampAxis(start, rank), clampAxis(end, rank)
		c.out[0] = NewTensor(convert[int64](c.in[0].Shape[from:max(from, to)]), max(0, to-from))
	}
}

func clampAxis(a, rank int) int {
	if a < 0 {
		a += rank
	}
	return min(max(a, 0), rank)
}

func buildSize(*builder) runner {
	return func(c *call) { c.out[0] = NewTensor([]int64{int64(c.in[0].Len())}) }
}

func buildReshape(b *builder) runner {
	allowZero := b.flag("allowzero", false)
	return func(c *call) {
		t := c.in[0]
		want := c.in[1].ints()
		if len(c.in[1].Shape) != 1 || len(want) > maxRank {
			failf("the shape %v of its shape is not supported", c.in[1].Shape)
		}
		shape := slices.Clone(want)
		free, known := -1, 1
		for i, d := range shape {
			switch {
			case d == -1 && free >= 0:
				failf("the shape %v leaves two axes open", want)
			case d == -1:
				free = i
				continue
			case d < 0:
				failf("the shape %v is not valid", want)
			// 0 copies the axis of the input, unless allowzero (opset 14) takes it at its word.
			case d == 0 && !allowZero:
				if i >= len(t.Shape) {
					failf("the shape %v copies an axis that %v does not have", want, t.Shape)
				}
				shape[i] = t.Shape[i]
			}
			// By division, since claimed lengths may overflow.
			if shape[i] > 0 && known > math.MaxInt64/16/shape[i] {
				failf("the shape %v is too large", want)
			}
			known *= shape[i]
		}
		if free >= 0 {
			shape[free] = 0
			if known > 0 {
				shape[free] = t.Len() / known
			}
		}
		if n, ok := count(shape); !ok || n != t.Len() {
			failf("the shape %v cannot become %v", t.Shape, want)
		}
		c.out[0] = c.reshape(t, shape)
	}
}

// reshape returns t in another shape. A channels-last tensor stays so if only the axes behind the
// channels change.
func (c *call) reshape(t *Tensor, shape []int) *Tensor {
	if !t.last {
		return c.view(t, shape...)
	}
	if t.Shape[1] == 1 || size(t.Shape[2:]) == 1 { // both orders are the same
		return c.view(t, shape...)
	}
	if len(shape) >= 3 && shape[0] == t.Shape[0] && shape[1] == t.Shape[1] {
		v := c.view(t, shape...)
		v.last = true
		return v
	}
	d := c.rowMajor(t)
	d.Shape = shape
	return d
}

func buildFlatten(b *builder) runner {
	a := b.int("axis", 1)
	return func(c *call) {
		t := c.in[0]
		at := a
		if at < 0 {
			at += len(t.Shape)
		}
		if at < 0 || at > len(t.Shape) {
			failf("axis %d is not in a tensor of %d axes", a, len(t.Shape))
		}
		c.out[0] = c.reshape(t, []int{size(t.Shape[:at]), size(t.Shape[at:])})
	}
}

func buildUnsqueeze(b *builder) runner {
	axes := b.axesOf(1, 13)
	return func(c *call) {
		t, list := c.in[0], axes(c)
		rank := len(t.Shape) + len(list)
		if rank > maxRank {
			failf("its result would have %d axes", rank)
		}
		added := make([]bool, rank)
		if len(list) > 0 {
			added = axisSet(list, rank)
		}
		shape, at := make([]int, rank), 0
		for i := range shape {
			shape[i] = 1
			if !added[i] {
				shape[i] = t.Shape[at]
				at++
			}
		}
		c.out[0] = c.reshape(t, shape)
	}
}

func buildSqueeze(b *builder) runner {
	axes := b.axesOf(1, 13)
	return func(c *call) {
		t, list := c.in[0], axes(c)
		gone := axisSet(list, len(t.Shape))
		shape := []int{}
		for i, d := range t.Shape {
			switch {
			case gone[i] && d != 1:
				failf("axis %d has the length %d and cannot go", i, d)
			case !gone[i] && (d != 1 || list != nil):
				shape = append(shape, d)
			}
		}
		c.out[0] = c.reshape(t, shape)
	}
}

func buildTranspose(b *builder) runner {
	perm := b.ints("perm")
	return func(c *call) {
		t := c.in[0]
		p := permutation(perm, len(t.Shape))
		c.out[0] = c.transpose(t, p)
	}
}

// permutation checks perm; left out it turns the axes around.
func permutation(perm []int, rank int) []int {
	if perm == nil {
		perm = make([]int, rank)
		for i := range perm {
			perm[i] = rank - 1 - i
		}
	}
	sorted := slices.Clone(perm)
	slices.Sort(sorted)
	for i, p := range sorted {
		if p != i || len(perm) != rank {
			failf("perm %v does not permute %d axes", perm, rank)
		}
	}
	if len(perm) != rank {
		failf("perm %v does not permute %d axes", perm, rank)
	}
	return perm
}

// transpose returns t with its axes in another order, without a copy if the elements already lie
// so.
func (c *call) transpose(t *Tensor, perm []int) *Tensor {
	shape := make([]int, len(perm))
	for i, p := range perm {
		shape[i] = t.Shape[p]
	}
	step := t.distances()
	view := make([]int, len(perm))
	for i, p := range perm {
		view[i] = step[p]
	}
	dense := strides(shape)
	free := true
	for i, d := range shape {
		free = free && (d == 1 || view[i] == dense[i])
	}
	if free {
		return c.view(t, shape...)
	}
	out := c.alloc(t.Type, shape...)
	switch n := len(perm); {
	case !t.last && n >= 2 && perm[n-1] == n-2 && perm[n-2] == n-1 && isIdentity(perm[:n-2]):
		turnPlanes(c, out.Data, t.Data, size(shape[:n-2]), t.Shape[n-2], t.Shape[n-1])
	case t.last && isIdentity(perm) && n > 2:
		turnPlanes(c, out.Data, t.Data, t.Shape[0], size(t.Shape[2:]), t.Shape[1])
	default:
		pack(out, t, strided{shape: shape, strides: view})
	}
	return out
}

// distances are the strides of the elements as they lie.
func (t *Tensor) distances() []int {
	if !t.last {
		return strides(t.Shape)
	}
	s := strides(lastShape(t.Shape))
	ch := s[len(s)-1]
	copy(s[2:], s[1:])
	s[1] = ch
	return s
}

func isIdentity(perm []int) bool {
	for i, p := range perm {
		if i != p {
			return false
		}
	}
	return true
}

// buildSlice cuts ranges, named by attributes before opset 10 and by inputs since.
func buildSlice(b *builder) runner {
	var starts, ends, axes []int
	if b.opset < 10 {
		starts, ends, axes = b.ints("starts"), b.ints("ends"), b.ints("axes")
	}
	old := b.opset < 10
	return func(c *call) {
		starts, ends, axes := starts, ends, axes
		var steps []int
		if !old {
			starts, ends = c.in[1].ints(), c.in[2].ints()
			if t := c.arg(3); t != nil {
				axes = t.ints()
			}
			if t := c.arg(4); t != nil {
				steps = t.ints()
			}
		}
		c.out[0] = c.slice(c.in[0], starts, ends, axes, steps)
	}
}

func (c *call) slice(t *Tensor, starts, ends, axes, steps []int) *Tensor {
	if axes == nil {
		for i := range starts {
			axes = append(axes, i)
		}
	}
	if len(ends) != len(starts) || len(axes) != len(starts) || steps != nil && len(steps) != len(starts) {
		failf("starts, ends, axes and steps differ in length")
	}
	axisSet(axes, len(t.Shape))
	v := strided{shape: slices.Clone(t.Shape), strides: strides(t.Shape)}
	for i, a := range axes {
		a = axis(a, len(t.Shape))
		d, step := t.Shape[a], 1
		if steps != nil {
			step = steps[i]
		}
		if step == 0 {
			failf("a step is 0")
		}
		from, n := sliceRange(starts[i], ends[i], step, d)
		v.from += from * v.strides[a]
		v.shape[a] = n
		if n > 1 {
			v.strides[a] *= step
		}
	}
	if same(v.shape, t.Shape) && v.from == 0 && slices.Equal(v.strides, strides(t.Shape)) {
		return c.view(t, t.Shape...)
	}
	out := c.alloc(t.Type, v.shape...)
	pack(out, t, v)
	return out
}

// sliceRange returns the first element of a slice and how many there are.
func sliceRange(start, end, step, d int) (from, n int) {
	if start < 0 {
		start += d
	}
	if end < 0 {
		if end += d; end < 0 {
			end = -1
		}
	}
	if step > 0 {
		start, end = min(max(start, 0), d), min(max(end, 0), d)
		if end <= start {
			return 0, 0
		}
		return start, (end-start-1)/step + 1
	}
	start, end = min(max(start, 0), d-1), min(max(end, -1), d-1)
	if end >= start {
		return 0, 0
	}
	if step == math.MinInt64 {
		return start, 1
	}
	return start, (start-end-1)/-step + 1
}

func buildConcat(b *builder) runner {
	if !b.has("axis") {
		failf("the attribute \"axis\" is missing")
	}
	a := b.int("axis", 0)
	return func(c *call) {
		first := c.in[0]
		shape := slices.Clone(first.Shape)
		at := axis(a, len(shape))
		shape[at] = 0
		for _, t := range c.in {
			if t.Type != first.Type || len(t.Shape) != len(shape) {
				failf("tensors of other types or axes: %v %v and %v %v", first.Type, first.Shape, t.Type, t.Shape)
			}
			for i, d := range t.Shape {
				if i == at {
					shape[i] += d
				} else if d != shape[i] {
					failf("the shapes %v and %v do not fit together", first.Shape, t.Shape)
				}
			}
		}
		out := c.alloc(first.Type, shape...)
		c.out[0] = out
		to, outer := raw(out), size(shape[:at])
		row := size(shape[at:]) * out.Type.held()
		from := 0
		for _, t := range c.in {
			x := raw(t)
			n := size(t.Shape[at:]) * t.Type.held()
			for i := range outer {
				copy(to[i*row+from:], x[i*n:(i+1)*n])
			}
			from += n
		}
	}
}

func buildSplit(b *builder) runner {
	a := b.int("axis", 0)
	var attr []int
	// The lengths were an attribute, and are an input since.
	if b.opset < 13 {
		attr = b.ints("split")
	}
	parts := len(b.n.out)
	uneven := false
	// Only with num_outputs may the last part be shorter.
	if b.opset >= 18 {
		if p := b.int("num_outputs", parts); p != parts {
			failf("num_outputs is %d, but there are %d outputs", p, parts)
		}
		uneven = true
	}
	return func(c *call) {
		t := c.in[0]
		at := axis(a, len(t.Shape))
		d := t.Shape[at]
		sizes := attr
		if p := c.arg(1); p != nil {
			sizes = p.ints()
		}
		if sizes == nil {
			each := (d + parts - 1) / parts
			if d%parts != 0 && !uneven {
				failf("an axis of length %d is not cut into %d equal parts", d, parts)
			}
			for i := range parts {
				sizes = append(sizes, max(0, min(each, d-i*each)))
			}
		}
		if n, ok := sum(sizes); len(sizes) != parts || !ok || n != d {
			failf("an axis of length %d is not cut into %v", d, sizes)
		}
		from := 0
		for i, n := range sizes {
			if c.n.out[i] >= 0 {
				c.out[i] = c.slice(t, []int{from}, []int{from + n}, []int{at}, nil)
			}
			from += n
		}
	}
}

// sum adds numbers that must not be negative.
func sum(x []int) (n int, ok bool) {
	for _, v := range x {
		if v < 0 || n > math.MaxInt64/2-v {
			return 0, false
		}
		n += v
	}
	return n, true
}

func buildExpand(*builder) runner {
	return func(c *call) {
		t := c.in[0]
		want := c.in[1].ints()
		if len(want) > maxRank {
			failf("the shape has %d axes", len(want))
		}
		if _, ok := count(want); !ok {
			failf("the shape %v is not valid", want)
		}
		shape := broadcastShape(t.Shape, want)
		if same(shape, t.Shape) {
			c.out[0] = c.view(t, shape...)
			return
		}
		out := c.alloc(t.Type, shape...)
		pack(out, t, strided{shape: shape, strides: spread(t.Shape, len(shape))})
		c.out[0] = out
	}
}

// spread returns the strides of a shape as one of more axes, 0 along those of length 1.
func spread(shape []int, rank int) []int {
	s := make([]int, rank)
	own := strides(shape)
	for i, d := range shape {
		if d != 1 {
			s[rank-len(shape)+i] = own[i]
		}
	}
	return s
}

func buildTile(*builder) runner {
	return func(c *call) {
		t, times := c.in[0], c.in[1].ints()
		if len(times) != len(t.Shape) {
			failf("%d repeats for %d axes", len(times), len(t.Shape))
		}
		shape := make([]int, len(t.Shape))
		var v strided
		own := strides(t.Shape)
		for i, d := range t.Shape {
			if times[i] < 0 || d > 0 && times[i] > math.MaxInt64/16/d {
				failf("the repeats %v are not valid", times)
			}
			shape[i] = d * times[i]
			v.shape = append(v.shape, times[i], d)
			v.strides = append(v.strides, 0, own[i])
		}
		out := c.alloc(t.Type, shape...)
		pack(out, t, v)
		c.out[0] = out
	}
}

func buildConstantOfShape(b *builder) runner {
	value := b.tensor("value")
	if value == nil {
		value = NewTensor([]float32{0}, 1)
	}
	if value.Len() != 1 {
		failf("its value has the shape %v", value.Shape)
	}
	return func(c *call) {
		shape := c.in[0].ints()
		if len(shape) > maxRank {
			failf("the shape has %d axes", len(shape))
		}
		out := c.alloc(value.Type, shape...)
		pack(out, value, strided{shape: shape, strides: make([]int, len(shape))})
		c.out[0] = out
	}
}

// buildConstant is a node that holds a tensor, in one of six forms.
func buildConstant(b *builder) runner {
	var t *Tensor
	n := 0
	for _, name := range []string{"value", "value_float", "value_floats", "value_int", "value_ints"} {
		if !b.has(name) {
			continue
		}
		n++
		switch name {
		case "value":
			t = b.tensor(name)
		case "value_float":
			t = NewTensor([]float32{float32(b.float(name, 0))})
		case "value_floats":
			f := b.attr(name, attrFloats).floats
			t = NewTensor(append([]float32{}, f...), len(f))
		case "value_int":
			t = NewTensor([]int64{int64(b.int(name, 0))})
		case "value_ints":
			i := b.attr(name, attrInts).ints
			t = NewTensor(append([]int64{}, i...), len(i))
		}
	}
	if n != 1 {
		failf("it needs one value that is a tensor or numbers")
	}
	return func(c *call) { c.out[0] = t }
}

func buildRange(*builder) runner {
	return func(c *call) {
		start, limit, delta := c.in[0], c.in[1], c.in[2]
		if start.Type != limit.Type || start.Type != delta.Type {
			failf("its inputs differ in type")
		}
		from, to, by := start.scalar(), limit.scalar(), delta.scalar()
		if by == 0 {
			failf("its step is 0")
		}
		n := math.Ceil((to - from) / by)
		if !(n < 1<<40) {
			failf("its result would have %g elements", n)
		}
		out := c.alloc(start.Type, max(0, int(n)))
		c.out[0] = out
		switch y := out.Data.(type) {
		case []float32:
			fillRange(y, start, delta)
		case []float64:
			fillRange(y, start, delta)
		case []int64:
			fillRange(y, start, delta)
		case []int32:
			fillRange(y, start, delta)
		default:
			failf("the type %v is not supported", start.Type)
		}
	}
}

// fillRange adds up as onnxruntime does, so that floats round alike.
func fillRange[T number](y []T, start, delta *Tensor) {
	x, d := data[T](start)[0], data[T](delta)[0]
	for i := range y {
		y[i] = x
		x += d
	}
}
