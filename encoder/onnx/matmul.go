package onnx

import (
	"slices"
	"strings"

	"github.com/fusor-ml/fusor/internal/kernel"
)

// product is the plan of a batched matrix product.
type product struct {
	shape   []int // of the result
	m, n, k int
	batches int
	a, b    []int // where each batch's matrices start
}

// newProduct checks two shapes as numpy's matmul does.
func newProduct(a, b []int) product {
	if len(a) == 0 || len(b) == 0 {
		failf("a product of the shapes %v and %v", a, b)
	}
	row, col := len(a) == 1, len(b) == 1
	fa, fb := a, b
	if row {
		fa = []int{1, a[0]}
	}
	if col {
		fb = []int{b[0], 1}
	}
	la, lb := len(fa), len(fb)
	p := product{m: fa[la-2], k: fa[la-1], n: fb[lb-1]}
	if fb[lb-2] != p.k {
		failf("a product of the shapes %v and %v", a, b)
	}
	batch := broadcastShape(fa[:la-2], fb[:lb-2])
	p.batches = size(batch)
	p.shape = slices.Clone(batch)
	if !row {
		p.shape = append(p.shape, p.m)
	}
	if !col {
		p.shape = append(p.shape, p.n)
	}
	p.a, p.b = make([]int, 0, p.batches), make([]int, 0, p.batches)
	w := newWalk(append(slices.Clone(batch), 1), append(slices.Clone(fa[:la-2]), 1), append(slices.Clone(fb[:lb-2]), 1))
	w.each(func(_ int, at []int) {
		for i := range w.run {
			p.a = append(p.a, (at[0]+i*w.step[0])*p.m*p.k)
			p.b = append(p.b, (at[1]+i*w.step[1])*p.k*p.n)
		}
	})
	return p
}

// buildMatMul multiplies matrices; a constant right side is laid out once.
func buildMatMul(b *builder) runner {
	if w := b.constant(1); w != nil && len(w.Shape) == 2 && w.Type.float() && w.Type != Float64 && !b.plain() && size(w.Shape) > 0 {
		b.take(1)
		l := &linear{k: w.Shape[0], n: w.Shape[1]}
		l.weights = kernel.NewWeights(false, l.n, l.k, w.f32(), l.n)
		return func(c *call) { l.run(c) }
	}
	return func(c *call) {
		x, y := c.in[0], c.in[1]
		if x.Type != y.Type {
			failf("the types %v and %v differ", x.Type, y.Type)
		}
		p := newProduct(x.Shape, y.Shape)
		out := c.alloc(x.Type, p.shape...)
		c.out[0] = out
		switch d := x.Data.(type) {
		case []float32:
			multiply(c, &p, out.f32(), d, y.f32())
		case []float64:
			multiply(c, &p, data[float64](out), d, data[float64](y))
		case []int64:
			multiplyInts(&p, data[int64](out), d, data[int64](y))
		case []int32:
			multiplyInts(&p, data[int32](out), d, data[int32](y))
		default:
			failf("the type %v is not supported", x.Type)
		}
	}
}

func multiply[T float](c *call, p *product, z, x, y []T) {
	if len(z) == 0 {
		return
	}
	one := p.m * p.n
	if p.batches == 1 {
		kernel.GemmWorkers(c.r.g.options.Workers, false, false, p.m, p.n, p.k, x, p.k, y, p.n, z, p.n, false)
		return
	}
	c.parallel(p.batches, 1, func(from, to int) {
		for i := from; i < to; i++ {
			kernel.Gemm(false, false, p.m, p.n, p.k, x[p.a[i]:], max(p.k, 1), y[p.b[i]:], p.n, z[i*one:], p.n, false)
		}
	})
}

func multiplyInts[T int32 | int64](p *product, z, x, y []T) {
	for b := range p.batches {
		for i := range p.m {
			row := z[(b*p.m+i)*p.n : (b*p.m+i+1)*p.n]
			clear(row)
			for k := range p.k {
				f := x[p.a[b]+i*p.k+k]
				for j, v := range y[p.b[b]+k*p.n : p.b[b]+(k+1)*p.n] {
					row[j] += f * v
				}
			}
		}
	}
}

// linear is a product with weights that are laid out, and what follows it.
type linear struct {
	k, n     int
	weights  *kernel.Weights
	bias     []float32   // or nil
	act      *activation // or nil
	residual int         // the input that is added at the end, 0 for none
}

// activation is a map of float32 elements.
type activation struct {
	f       func(dst, x []float32)
	bounded bool // f keeps elements within lo and hi
	lo, hi  float32
}

// between is the activation that keeps elements within bounds.
func between(lo, hi float32) *activation {
	return &activation{f: func(dst, x []float32) { kernel.Clip(dst, x, lo, hi) }, bounded: true, lo: lo, hi: hi}
}

// block is how many of rows are finished before the next ones, so that what follows a product finds
// them in the cache, and every worker finds two blocks. A row's result does not depend on it.
func (l *linear) block(rows, workers int) int {
	most := min(max((128<<10)/(4*(l.k+l.n)), 60), 480)
	pieces := max((rows+most-1)/most, 1)
	if workers > 1 {
		pieces = max(pieces, min(2*workers, rows/12))
	}
	each := (rows + pieces - 1) / pieces
	return max((each+11)/12*12, 12)
}

func (l *linear) run(c *call) {
	t := c.in[0]
	rank := len(t.Shape)
	if rank == 0 || t.Shape[rank-1] != l.k {
		failf("a product of the shape %v with [%d %d]", t.Shape, l.k, l.n)
	}
	shape := append(slices.Clone(t.Shape[:rank-1]), l.n)
	out := c.alloc(t.Type, shape...)
	c.out[0] = out
	x, y := t.f32(), out.f32()
	var add []float32
	if l.residual > 0 {
		r := c.in[l.residual]
		if same(r.Shape, shape) {
			add = r.f32()
		}
	}
	rows := size(t.Shape[:rank-1])
	step := l.block(rows, c.r.g.options.Workers)
	c.parallel(rows, step, func(from, to int) {
		for i := from; i < to; i += step {
			j := min(i+step, to)
			l.weights.Mul(j-i, x[i*l.k:j*l.k], l.k, y[i*l.n:j*l.n], l.n, false)
			l.finish(y[i*l.n:j*l.n], add, i*l.n)
		}
	})
	if l.residual > 0 && add == nil {
		c.addTo(out, c.in[l.residual])
	}
}

// addTo makes output 0 the sum of a result and a tensor of another shape.
func (c *call) addTo(out, t *Tensor) {
	if out.buf != nil {
		c.scratch = append(c.scratch, out.buf)
	}
	c.in, c.dead = append(c.in[:0], out, t), append(c.dead[:0], false, false)
	c.combine(&adding)
}

// finish adds the bias to rows of a product, maps them, and adds the residual's rows from at on.
func (l *linear) finish(y, add []float32, at int) {
	switch {
	case l.bias != nil && l.act != nil && l.act.bounded:
		kernel.AddRowClip(y, y, l.bias, l.act.lo, l.act.hi)
	case l.bias != nil:
		kernel.AddRow(y, y, l.bias)
		fallthrough
	default:
		if l.act != nil {
			l.act.f(y, y)
		}
	}
	if add != nil {
		kernel.Add(y, y, add[at:at+len(y)])
	}
}

func buildGemm(b *builder) runner {
	alpha, beta := float32(b.float("alpha", 1)), float32(b.float("beta", 1))
	tA, tB := b.flag("transA", false), b.flag("transB", false)
	if w := b.constant(1); w != nil && !tA && alpha == 1 && beta == 1 && !b.plain() && len(w.Shape) == 2 && size(w.Shape) > 0 && w.Type == Float32 {
		if l := constantGemm(b, w, tB); l != nil {
			return func(c *call) {
				if len(c.in[0].Shape) != 2 {
					failf("a product of the shape %v", c.in[0].Shape)
				}
				l.run(c)
			}
		}
	}
	return func(c *call) {
		x, y := c.in[0], c.in[1]
		if len(x.Shape) != 2 || len(y.Shape) != 2 || x.Type != y.Type {
			failf("a product of %v %v and %v %v", x.Type, x.Shape, y.Type, y.Shape)
		}
		m, k, k2, n := x.Shape[0], x.Shape[1], y.Shape[0], y.Shape[1]
		if tA {
			m, k = k, m
		}
		if tB {
			k2, n = n, k2
		}
		if k != k2 {
			failf("a product of the shapes %v and %v", x.Shape, y.Shape)
		}
		out := c.alloc(x.Type, m, n)
		c.out[0] = out
		if x.Type == Float64 {
			gemm(c, out, data[float64](x), data[float64](y), tA, tB, m, n, k, float64(alpha), float64(beta))
			return
		}
		gemm(c, out, x.f32(), y.f32(), tA, tB, m, n, k, alpha, beta)
	}
}

func gemm[T float](c *call, out *Tensor, x, y []T, tA, tB bool, m, n, k int, alpha, beta T) {
	z := data[T](out)
	lda, ldb := k, n
	if tA {
		lda = m
	}
	if tB {
		ldb = k
	}
	kernel.GemmWorkers(c.r.g.options.Workers, tA, tB, m, n, k, x, max(lda, 1), y, max(ldb, 1), z, max(n, 1), false)
	if alpha != 1 {
		for i := range z {
			z[i] *= alpha
		}
	}
	add := c.arg(2)
	if add == nil || beta == 0 {
		return
	}
	shape := broadcastShape([]int{m, n}, add.Shape)
	if !same(shape, []int{m, n}) {
		failf("the shape %v does not fit [%d %d]", add.Shape, m, n)
	}
	w := newWalk(shape, shape, add.Shape)
	d := data[T](add)
	w.each(func(at int, p []int) {
		for i := range w.run {
			z[at+i] += beta * d[p[1]+i*w.step[1]]
		}
	})
}

// constantGemm is a Gemm with constant weights and a constant bias, or nil.
func constantGemm(b *builder, w *Tensor, tB bool) *linear {
	l := &linear{k: w.Shape[0], n: w.Shape[1]}
	ld := l.n
	if tB {
		l.k, l.n = l.n, l.k
		ld = l.k
	}
	if b.given(2) {
		d := b.constant(2)
		if d == nil || d.Len() != l.n || d.Shape[len(d.Shape)-1] != l.n || d.Type != Float32 {
			return nil
		}
		l.bias = b.take(2).f32()
	}
	b.take(1)
	l.weights = kernel.NewWeights(tB, l.n, l.k, w.f32(), ld)
	return l
}

// buildEinsum sums products of elements whose axes are named by letters.
func buildEinsum(b *builder) runner {
	eq := strings.ReplaceAll(b.string("equation", ""), " ", "")
	left, right, arrow := strings.Cut(eq, "->")
	terms := strings.Split(left, ",")
	if strings.Contains(eq, ".") || len(terms) != len(b.n.in) {
		failf("the equation %q is not supported", eq)
	}
	if !arrow { // letters that occur once, in order
		for r := 'A'; r <= 'z'; r++ {
			if strings.Count(left, string(r)) == 1 && r != ',' {
				right += string(r)
			}
		}
	}
	return func(c *call) {
		length := map[rune]int{}
		for i, t := range terms {
			if len(t) != len(c.in[i].Shape) {
				failf("the equation %q does not fit the shape %v", eq, c.in[i].Shape)
			}
			for j, r := range t {
				d := c.in[i].Shape[j]
				if old, ok := length[r]; ok && old != d {
					failf("the equation %q does not fit: %c is %d and %d", eq, r, old, d)
				}
				length[r] = d
			}
		}
		c.out[0] = c.einsum(terms, right, length)
	}
}

func (c *call) einsum(terms []string, right string, length map[rune]int) *Tensor {
	// Output axes first, then those that are summed over.
	order := right
	for _, t := range terms {
		for _, r := range t {
			if !strings.ContainsRune(order, r) {
				order += string(r)
			}
		}
	}
	var shape, all []int
	for i, r := range order {
		d, ok := length[r]
		if !ok || strings.ContainsRune(order[:i], r) {
			failf("%q names an axis that is not there, or one twice", right)
		}
		all = append(all, d)
		if i < len(right) {
			shape = append(shape, d)
		}
	}
	out := c.alloc(Float32, shape...)
	step := make([][]int, len(terms))
	xs := make([][]float32, len(terms))
	for i, t := range terms {
		xs[i] = c.in[i].f32()
		step[i] = make([]int, len(order))
		own := strides(c.in[i].Shape)
		for j, r := range t {
			// An axis twice in one term (a diagonal) adds both steps; one that a term lacks has step 0.
			step[i][strings.IndexRune(order, r)] += own[j]
		}
	}
	z := out.f32()
	// The plain definition: each product by itself, summed in the order of the letters.
	sums := size(all[len(right):])
	eachIndex(shape, func(n int, at []int) {
		base := make([]int, len(terms))
		for i := range terms {
			for j, p := range at {
				base[i] += p * step[i][j]
			}
		}
		s := float32(0)
		if sums > 0 {
			eachIndex(all[len(right):], func(_ int, inner []int) {
				v := float32(1)
				for i := range terms {
					p := base[i]
					for j, q := range inner {
						p += q * step[i][len(right)+j]
					}
					v *= xs[i][p]
				}
				s += v
			})
		}
		z[n] = s
	})
	return out
}
