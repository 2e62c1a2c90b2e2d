package onnx

import (
	"cmp"
	"math"
	"slices"
)

// index returns an index into an axis of length d; negative ones count from the end.
func index(i, d int) int {
	at := i
	if at < 0 {
		at += d
	}
	if at < 0 || at >= d {
		failf("the index %d is not in an axis of length %d", i, d)
	}
	return at
}

func buildGather(b *builder) runner {
	a := b.int("axis", 0)
	return func(c *call) {
		t, idx := c.in[0], c.in[1]
		at := axis(a, len(t.Shape))
		d := t.Shape[at]
		shape := slices.Concat(t.Shape[:at], idx.Shape, t.Shape[at+1:])
		if len(shape) > maxRank {
			failf("its result would have %d axes", len(shape))
		}
		out := c.alloc(t.Type, shape...)
		c.out[0] = out
		from, to := raw(t), raw(out)
		row := size(t.Shape[at+1:]) * t.Type.held()
		list := idx.ints()
		for o := range size(t.Shape[:at]) {
			src := from[o*d*row:]
			for _, i := range list {
				p := index(i, d) * row
				copy(to[:row], src[p:p+row])
				to = to[row:]
			}
		}
	}
}

func buildGatherElements(b *builder) runner {
	a := b.int("axis", 0)
	return func(c *call) {
		t, idx := c.in[0], c.in[1]
		at := axis(a, len(t.Shape))
		if len(idx.Shape) != len(t.Shape) {
			failf("indices %v into %v", idx.Shape, t.Shape)
		}
		for i, d := range idx.Shape {
			if i != at && d > t.Shape[i] {
				failf("indices %v into %v", idx.Shape, t.Shape)
			}
		}
		out := c.alloc(t.Type, idx.Shape...)
		c.out[0] = out
		to, from, w := raw(out), raw(t), t.Type.held()
		step := strides(t.Shape)
		list := idx.ints()
		eachIndex(idx.Shape, func(n int, at2 []int) {
			p := 0
			for i, x := range at2 {
				if i == at {
					x = index(list[n], t.Shape[at])
				}
				p += x * step[i]
			}
			copy(to[n*w:(n+1)*w], from[p*w:])
		})
	}
}

// eachIndex calls f for every element of a shape, in order.
func eachIndex(shape []int, f func(n int, at []int)) {
	total := size(shape)
	at := make([]int, len(shape))
	for n := range total {
		f(n, at)
		for i := len(at) - 1; i >= 0; i-- {
			if at[i]++; at[i] < shape[i] {
				break
			}
			at[i] = 0
		}
	}
}

func buildGatherND(b *builder) runner {
	batch := b.int("batch_dims", 0)
	return func(c *call) {
		t, idx := c.in[0], c.in[1]
		if len(idx.Shape) == 0 || batch < 0 || batch >= len(idx.Shape) || batch > len(t.Shape) {
			failf("indices %v into %v", idx.Shape, t.Shape)
		}
		k := idx.Shape[len(idx.Shape)-1]
		if batch+k > len(t.Shape) || !same(idx.Shape[:batch], t.Shape[:batch]) {
			failf("indices %v into %v", idx.Shape, t.Shape)
		}
		out := c.alloc(t.Type, slices.Concat(idx.Shape[:len(idx.Shape)-1], t.Shape[batch+k:])...)
		c.out[0] = out
		row := size(t.Shape[batch+k:]) * t.Type.held()
		to, from, list := raw(out), raw(t), idx.ints()
		n := size(idx.Shape[:len(idx.Shape)-1])
		each := n / max(1, size(idx.Shape[:batch]))
		for i := range n {
			p := 0
			if batch > 0 {
				p = i / each
			}
			for j := range k {
				d := t.Shape[batch+j]
				p = p*d + index(list[i*k+j], d)
			}
			copy(to[i*row:(i+1)*row], from[p*row:(p+1)*row])
		}
	}
}

// reduction names how scattered elements meet what is there.
func (b *builder) reduction() func(t Type) func(dst, src []byte) {
	kind := b.string("reduction", "none")
	switch kind {
	case "none":
		return func(Type) func(dst, src []byte) { return func(dst, src []byte) { copy(dst, src) } }
	}
	failf("reduction = %q is not supported", kind)
	return nil
}

func buildScatterND(b *builder) runner {
	set := b.reduction()
	return func(c *call) {
		t, idx, up := c.in[0], c.in[1], c.in[2]
		if len(idx.Shape) == 0 || up.Type != t.Type {
			failf("indices %v into %v", idx.Shape, t.Shape)
		}
		k := idx.Shape[len(idx.Shape)-1]
		if k > len(t.Shape) || !same(up.Shape, slices.Concat(idx.Shape[:len(idx.Shape)-1], t.Shape[k:])) {
			failf("updates %v at indices %v of %v", up.Shape, idx.Shape, t.Shape)
		}
		out := c.alloc(t.Type, t.Shape...)
		c.out[0] = out
		to, from, list := raw(out), raw(up), idx.ints()
		copy(to, raw(t))
		row := size(t.Shape[k:]) * t.Type.held()
		put := set(t.Type)
		for i := range size(idx.Shape[:len(idx.Shape)-1]) {
			p := 0
			for j := range k {
				p = p*t.Shape[j] + index(list[i*k+j], t.Shape[j])
			}
			put(to[p*row:(p+1)*row], from[i*row:(i+1)*row])
		}
	}
}

func buildScatterElements(b *builder) runner {
	a := b.int("axis", 0)
	set := b.reduction()
	return func(c *call) {
		t, idx, up := c.in[0], c.in[1], c.in[2]
		at := axis(a, len(t.Shape))
		if !same(idx.Shape, up.Shape) || len(idx.Shape) != len(t.Shape) || up.Type != t.Type {
			failf("updates %v at indices %v of %v", up.Shape, idx.Shape, t.Shape)
		}
		out := c.alloc(t.Type, t.Shape...)
		c.out[0] = out
		to, from, w := raw(out), raw(up), t.Type.held()
		copy(to, raw(t))
		step, list, put := strides(t.Shape), idx.ints(), set(t.Type)
		eachIndex(idx.Shape, func(n int, place []int) {
			p := 0
			for i, x := range place {
				if i == at {
					x = list[n]
				}
				p += index(x, t.Shape[i]) * step[i]
			}
			put(to[p*w:(p+1)*w], from[n*w:(n+1)*w])
		})
	}
}

func buildTrilu(b *builder) runner {
	upper := b.flag("upper", true)
	return func(c *call) {
		t, k := c.in[0], 0
		if p := c.arg(1); p != nil {
			k = int(p.scalar())
		}
		if len(t.Shape) < 2 {
			failf("a tensor of %d axes has no triangle", len(t.Shape))
		}
		out := c.alloc(t.Type, t.Shape...)
		c.out[0] = out
		to, from, w := raw(out), raw(t), t.Type.held()
		rows, cols := t.Shape[len(t.Shape)-2], t.Shape[len(t.Shape)-1]
		for i := range size(t.Shape[:len(t.Shape)-1]) {
			edge := min(max(i%max(rows, 1)+k, 0), cols) // columns before it lie below the diagonal
			row := i * cols * w
			if upper {
				clear(to[row : row+edge*w])
				copy(to[row+edge*w:row+cols*w], from[row+edge*w:])
				continue
			}
			edge = min(max(i%max(rows, 1)+k+1, 0), cols)
			copy(to[row:row+edge*w], from[row:])
			clear(to[row+edge*w : row+cols*w])
		}
	}
}

func buildCumSum(b *builder) runner {
	exclusive, reverse := b.flag("exclusive", false), b.flag("reverse", false)
	return func(c *call) {
		t := c.in[0]
		at := axis(int(c.in[1].scalar()), len(t.Shape))
		out := c.alloc(t.Type, t.Shape...)
		c.out[0] = out
		outer, d, inner := size(t.Shape[:at]), t.Shape[at], size(t.Shape[at+1:])
		switch x := t.Data.(type) {
		case []float32:
			cumulate(out.f32(), x, outer, d, inner, exclusive, reverse)
		case []float64:
			cumulate(data[float64](out), x, outer, d, inner, exclusive, reverse)
		case []int64:
			cumulate(data[int64](out), x, outer, d, inner, exclusive, reverse)
		case []int32:
			cumulate(data[int32](out), x, outer, d, inner, exclusive, reverse)
		default:
			failf("the type %v is not supported", t.Type)
		}
	}
}

func cumulate[T number](y, x []T, outer, d, inner int, exclusive, reverse bool) {
	for o := range outer {
		for i := range inner {
			var s T
			for j := range d {
				if reverse {
					j = d - 1 - j
				}
				p := (o*d+j)*inner + i
				v := x[p]
				if exclusive {
					y[p] = s
					s += v
					continue
				}
				s += v
				y[p] = s
			}
		}
	}
}

func buildTopK(b *builder) runner {
	a, largest := b.int("axis", -1), true
	b.ignore("sorted") // sorted results are a valid answer to sorted = 0
	fixed := -1
	if b.opset < 10 {
		fixed = b.int("k", -1)
	} else {
		largest = b.flag("largest", true)
	}
	return func(c *call) {
		t, k := c.in[0], fixed
		if p := c.arg(1); p != nil {
			k = int(p.scalar())
		}
		at := axis(a, len(t.Shape))
		d, inner := t.Shape[at], size(t.Shape[at+1:])
		if k < 0 || k > d {
			failf("the best %d of %d", k, d)
		}
		shape := slices.Clone(t.Shape)
		shape[at] = k
		values, places := c.alloc(t.Type, shape...), c.alloc(Int64, shape...)
		c.out[0] = values
		if len(c.out) > 1 && c.n.out[1] >= 0 {
			c.out[1] = places
		} else if places.buf != nil {
			c.scratch = append(c.scratch, places.buf)
		}
		outer := size(t.Shape[:at])
		switch x := t.Data.(type) {
		case []float32:
			topK(values.f32(), data[int64](places), x, outer, d, inner, k, largest)
		case []int64:
			topK(data[int64](values), data[int64](places), x, outer, d, inner, k, largest)
		case []int32:
			topK(data[int32](values), data[int64](places), x, outer, d, inner, k, largest)
		case []float64:
			topK(data[float64](values), data[int64](places), x, outer, d, inner, k, largest)
		case []uint8:
			topK(data[uint8](values), data[int64](places), x, outer, d, inner, k, largest)
		case []int8:
			topK(data[int8](values), data[int64](places), x, outer, d, inner, k, largest)
		default:
			failf("the type %v is not supported", t.Type)
		}
	}
}

func topK[T number](values []T, places []int64, x []T, outer, d, inner, k int, largest bool) {
	order := make([]int, d)
	for o := range outer {
		for i := range inner {
			at := func(j int) T { return x[(o*d+j)*inner+i] }
			for j := range order {
				order[j] = j
			}
			slices.SortFunc(order, func(p, q int) int {
				r := cmp.Compare(at(p), at(q))
				if largest {
					r = -r
				}
				return cmp.Or(r, p-q)
			})
			for j, p := range order[:k] {
				values[(o*k+j)*inner+i], places[(o*k+j)*inner+i] = at(p), int64(p)
			}
		}
	}
}

func buildNonZero(*builder) runner {
	return func(c *call) {
		t := c.in[0]
		c.cast(Bool)
		set := c.out[0]
		if set.buf != nil {
			c.scratch = append(c.scratch, set.buf)
		}
		var places []int64
		rank := len(t.Shape)
		yes := data[bool](set)
		eachIndex(t.Shape, func(n int, at []int) {
			if yes[n] {
				for _, i := range at {
					places = append(places, int64(i))
				}
			}
		})
		n := len(places) / max(rank, 1)
		out := c.alloc(Int64, rank, n)
		turnPlanes(c, out.Data, places, 1, n, rank)
		c.out[0] = out
	}
}

func buildEyeLike(b *builder) runner {
	k, typ := b.int("k", 0), Type(b.int("dtype", 0))
	return func(c *call) {
		t := c.in[0]
		typ := typ
		if typ == 0 {
			typ = t.Type
		}
		if len(t.Shape) != 2 || !typ.supported() {
			failf("an identity matrix of %v and shape %v", typ, t.Shape)
		}
		ones := c.floats(t.Len())
		clear(ones)
		for i := range t.Shape[0] {
			if j := i + k; j >= 0 && j < t.Shape[1] {
				ones[i*t.Shape[1]+j] = 1
			}
		}
		c.in[0] = &Tensor{Type: Float32, Shape: t.Shape, Data: ones}
		out := c.alloc(typ, t.Shape...)
		castTo(out, ones)
		c.out[0] = out
	}
}

func buildOneHot(b *builder) runner {
	a := b.int("axis", -1)
	return func(c *call) {
		idx, values := c.in[0], c.in[2]
		depth := int(c.in[1].scalar())
		if depth < 1 || depth > math.MaxInt32 || values.Len() != 2 {
			failf("a depth of %d and %d values", depth, values.Len())
		}
		at := axis(a, len(idx.Shape)+1)
		out := c.alloc(values.Type, slices.Insert(slices.Clone(idx.Shape), at, depth)...)
		c.out[0] = out
		c.in[0] = idx
		list := make([]int, idx.Len())
		for i := range list {
			one := &Tensor{Type: idx.Type, Data: elementAt(idx, i)}
			list[i] = int(one.scalar())
		}
		to, v, w := raw(out), raw(values), values.Type.held()
		inner := size(idx.Shape[at:])
		for o := range size(idx.Shape[:at]) {
			for j := range depth {
				for i := range inner {
					x := list[o*inner+i]
					if x < 0 {
						x += depth
					}
					hit := v[:w]
					if x == j {
						hit = v[w:]
					}
					copy(to[((o*depth+j)*inner+i)*w:], hit)
				}
			}
		}
	}
}

// elementAt returns the data of one element.
func elementAt(t *Tensor, i int) any {
	switch d := t.Data.(type) {
	case []float32:
		return d[i : i+1]
	case []float64:
		return d[i : i+1]
	case []int64:
		return d[i : i+1]
	case []int32:
		return d[i : i+1]
	case []uint8:
		return d[i : i+1]
	case []int8:
		return d[i : i+1]
	}
	return nil
}

// buildDepthToSpace moves channels into squares of pixels; with back, the other way.
func buildDepthToSpace(back bool) func(b *builder) runner {
	return func(b *builder) runner {
		n := b.int("blocksize", 0)
		mode := "DCR"
		if !back {
			mode = b.string("mode", "DCR")
		}
		if n < 1 || n > 1<<16 || mode != "DCR" && mode != "CRD" {
			failf("blocksize = %d, mode = %q is not supported", n, mode)
		}
		return func(c *call) {
			t := c.in[0]
			if len(t.Shape) != 4 {
				failf("a picture of shape %v", t.Shape)
			}
			b, ch, h, w := t.Shape[0], t.Shape[1], t.Shape[2], t.Shape[3]
			var lies, perm, shape []int
			switch {
			case back && h%n == 0 && w%n == 0:
				lies, perm, shape = []int{b, ch, h / n, n, w / n, n}, []int{0, 3, 5, 1, 2, 4}, []int{b, ch * n * n, h / n, w / n}
			case !back && ch%(n*n) == 0 && mode == "DCR":
				lies, perm, shape = []int{b, n, n, ch / n / n, h, w}, []int{0, 3, 4, 1, 5, 2}, []int{b, ch / n / n, h * n, w * n}
			case !back && ch%(n*n) == 0:
				lies, perm, shape = []int{b, ch / n / n, n, n, h, w}, []int{0, 1, 4, 2, 5, 3}, []int{b, ch / n / n, h * n, w * n}
			default:
				failf("blocks of %d in the shape %v", n, t.Shape)
			}
			six := *t
			six.Shape = lies
			out := c.transpose(&six, perm)
			out.Shape = shape
			c.out[0] = out
		}
	}
}
