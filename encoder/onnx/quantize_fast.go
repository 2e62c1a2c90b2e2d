package onnx

import (
	"slices"
	"sync"

	"github.com/fusor-ml/fusor/internal/kernel"
)

// extremes returns the least and the greatest of x and 0.
func extremes(x []float32) (lo, hi float32) { return kernel.Extremes(x) }

// quantizeBytes is quantize to uint8 with a scale that comes from x itself.
func quantizeBytes(y []uint8, x []float32, scale float32, zero uint8) {
	kernel.Quantize(y, x, scale, zero)
}

// integers is a product of bytes with constant weights that are laid out.
type integers struct {
	k, n    int
	weights *kernel.IntWeights
	zero    []int32 // of each column; nil if all are 0
}

// newIntegers lays out w; unsigned weights and their zero points are shifted by 128, which leaves
// the product as it is. It returns nil if the weights are of another kind.
func newIntegers(w, zero *Tensor) *integers {
	if w == nil || len(w.Shape) != 2 || w.Len() == 0 || w.Type != Int8 && w.Type != Uint8 || zero != nil && zero.Type != w.Type {
		return nil
	}
	p := &integers{k: w.Shape[0], n: w.Shape[1]}
	if p.k > 1<<15 { // so that sums fit 32 bits
		return nil
	}
	shift := int32(0)
	var b []int8
	if w.Type == Int8 {
		b = data[int8](w)
	} else {
		shift = -128
		b = make([]int8, w.Len())
		for i, v := range data[uint8](w) {
			b[i] = int8(int32(v) + shift)
		}
	}
	z := make([]int32, p.n)
	if zero != nil {
		if zero.Len() != 1 && zero.Len() != p.n {
			return nil
		}
		from := int32s(zero)
		for i := range z {
			z[i] = from[i%len(from)]
		}
	}
	for i := range z {
		z[i] += shift
		if z[i] != 0 {
			p.zero = z
		}
	}
	p.weights = kernel.NewIntWeights(p.n, p.k, b)
	return p
}

// integerBlock is how many rows are multiplied before the next ones.
const integerBlock = 48

// integerRoom is memory for a block of rows.
type integerRoom struct {
	sums []int32
	wide []int16
}

var integerRooms = sync.Pool{New: func() any { return new(integerRoom) }}

// each multiplies rows from to to of x, a block at a time, and calls f with the sums of every row.
func (p *integers) each(x []uint8, zero uint8, from, to int, f func(row int, sums []int32)) {
	room := integerRooms.Get().(*integerRoom)
	defer integerRooms.Put(room)
	ld := p.weights.Stride()
	if len(room.sums) < integerBlock*ld {
		room.sums = make([]int32, integerBlock*ld)
	}
	for i := from; i < to; i += integerBlock {
		e := min(i+integerBlock, to)
		a := x[i*p.k : e*p.k]
		room.wide = p.weights.Mul(e-i, a, zero, room.sums, room.wide)
		for r := i; r < e; r++ {
			sums := room.sums[(r-i)*ld : (r-i)*ld+p.n]
			if p.zero != nil {
				total := int32(0)
				for _, v := range a[(r-i)*p.k : (r-i+1)*p.k] {
					total += int32(v) - int32(zero)
				}
				for j, z := range p.zero {
					sums[j] -= z * total
				}
			}
			f(r, sums)
		}
	}
}

// zeroPoint returns a zero point that is one number, 0 if it is left out.
func zeroPoint(t *Tensor) uint8 {
	if t == nil {
		return 0
	}
	if t.Len() != 1 {
		failf("a zero point of shape %v", t.Shape)
	}
	return data[uint8](t)[0]
}

// rows checks the left side of a product and returns how many rows it has and the result's shape.
func (p *integers) rows(t *Tensor) (int, []int) {
	rank := len(t.Shape)
	if rank == 0 || t.Shape[rank-1] != p.k {
		failf("a product of the shape %v with [%d %d]", t.Shape, p.k, p.n)
	}
	return size(t.Shape[:rank-1]), append(slices.Clone(t.Shape[:rank-1]), p.n)
}

// fastMatMulInteger is MatMulInteger with constant weights, or nil. Left sides that are signed or
// have a zero point for each row take the plain way.
func fastMatMulInteger(b *builder) runner {
	if b.plain() || b.given(3) && b.constant(3) == nil {
		return nil
	}
	p := newIntegers(b.constant(1), b.constant(3))
	if p == nil {
		return nil
	}
	return func(c *call) {
		x, zero := c.in[0], c.arg(2)
		if x.Type != Uint8 || zero != nil && zero.Len() != 1 {
			q, z := integerProduct(c, x, c.in[1], zero, c.arg(3))
			c.out[0] = c.alloc(Int32, q.shape...)
			copy(data[int32](c.out[0]), z)
			return
		}
		rows, shape := p.rows(x)
		c.out[0] = c.alloc(Int32, shape...)
		y, z := data[int32](c.out[0]), zeroPoint(zero)
		c.parallel(rows, integerBlock, func(from, to int) {
			p.each(data[uint8](x), z, from, to, func(row int, sums []int32) {
				copy(y[row*p.n:(row+1)*p.n], sums)
			})
		})
	}
}

// integerLinear is a product of bytes (input 0, with its zero point, input 1, and its scale, input
// 2) with constant weights, scaled to floats, and what follows.
type integerLinear struct {
	*integers
	scale []float32 // of the weights' columns
	linear
}

func (l *integerLinear) run(c *call) {
	x, s := c.in[0], c.in[2].f32()
	if len(s) != 1 {
		failf("a scale of shape %v", c.in[2].Shape)
	}
	rows, shape := l.rows(x)
	out := c.alloc(Float32, shape...)
	c.out[0] = out
	n := l.integers.n
	var add []float32
	if l.residual > 0 {
		if r := c.in[l.residual]; same(r.Shape, shape) {
			add = r.f32()
		}
	}
	scale := c.floats(2 * n)
	scale, bias := scale[:n], scale[n:]
	for j, w := range l.scale {
		scale[j] = s[0] * w
	}
	clear(bias)
	if l.bias != nil {
		bias = l.bias
	}
	q, zero, y := data[uint8](x), zeroPoint(c.in[1]), out.f32()
	c.parallel(rows, integerBlock, func(from, to int) {
		l.each(q, zero, from, to, func(row int, sums []int32) {
			to := y[row*n : (row+1)*n]
			kernel.ScaleInts(to, sums, scale, bias)
			if l.act != nil {
				l.act.f(to, to)
			}
			if add != nil {
				kernel.Add(to, to, add[row*n:(row+1)*n])
			}
		})
	})
	if l.residual > 0 && add == nil {
		c.addTo(out, c.in[l.residual])
	}
}
