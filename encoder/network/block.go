package network

import (
	"math"

	"github.com/fusor-ml/fusor/internal/kernel"
)

// block is a layer of a transformer: attention and a two-layer network, each with a residual
// connection. Layer scale (Touvron et al. 2021) is part of the weights of out and down.
type block struct {
	qkv   *linear // [3 dim, dim]; queries are scaled already
	out   *linear
	heads int
	up    *linear // with gate: [2 inner, dim], the gate first
	down  *linear
	act   activation
	gated bool // SwiGLU: act(gate) times up
	norm1 *norm
	norm2 *norm
}

// stack is the layers of a transformer.
type stack struct {
	dim    int
	layers []block
	pre    bool // normalization before attention and network instead of after the sums
	causal bool // a token sees itself and those before it
	bias   *relativeBias
}

// attentionNames are the names of the parts of attention, relative to a layer.
type attentionNames struct{ q, k, v, out string }

// attention reads the projections of a layer and joins those of queries, keys and values.
func (w *Weights) attention(at string, n attentionNames, dim, heads int, qkvBias, keyBias bool, scale []float32) (qkv, out *linear) {
	for _, name := range []string{n.q, n.k, n.v} {
		w.find(at+name+".weight", dim, dim)
	}
	if w.err != nil {
		return nil, nil // before memory for a width is taken that no tensor has
	}
	if kernel.ActiveTier() == kernel.Plain {
		w.joint = nil // the last layer keeps it
	}
	w.joint = sized(w.joint, 3*dim*dim)
	weight := w.joint[:0]
	bias := make([]float32, 0, 3*dim)
	for _, name := range []string{n.q, n.k, n.v} {
		weight = append(weight, w.borrow(at+name+".weight", dim, dim)...)
		if qkvBias && (keyBias || name != n.k) {
			bias = append(bias, w.values(at+name+".bias", dim)...)
		} else {
			bias = append(bias, make([]float32, dim)...)
		}
	}
	out = w.scaled(at+n.out, dim, dim, true, scale)
	if w.err != nil {
		return nil, nil
	}
	return joined(weight, bias, dim, heads), out
}

// joined lays out the joint projection [3 dim, dim] of queries, keys and values.
func joined(weight, bias []float32, dim, heads int) *linear {
	f := float32(1 / math.Sqrt(float64(dim/heads)))
	kernel.Scale(weight[:dim*dim], f, weight[:dim*dim])
	kernel.Scale(bias[:dim], f, bias[:dim])
	return newLinear(dim, 3*dim, weight, bias)
}

// innerRows is about how many rows the inner network works on at a time: enough for products to
// reach their speed, few enough for what lies between them to stay in a cache.
const innerRows = 240

// pieces returns the length of pieces of about innerRows rows, all but the last of whole tiles of a
// product.
func pieces(rows int) int {
	n := max(1, (rows+innerRows/2)/innerRows)
	return ((rows+n-1)/n + 11) / 12 * 12
}

// floats is about how much scratch memory a row needs.
func (k *stack) floats() int { return 6*k.dim + 64 }

// run passes x [rows, dim] through the layers. lens are the numbers of rows of the sequences.
func (k *stack) run(s *Scratch, x []float32, lens []int) {
	rows := len(x) / k.dim
	mark := s.mark()
	defer s.release(mark)
	qkv := s.take(3 * rows * k.dim)
	ctx := s.take(rows * k.dim)
	for i := range k.layers {
		l := &k.layers[i]
		in := x
		if k.pre {
			l.norm1.apply(s, ctx, x, rows)
			in = ctx
		}
		l.qkv.apply(qkv, 3*k.dim, in, k.dim, rows)
		at := 0
		for _, n := range lens {
			k.attend(s, qkv[3*at*k.dim:], ctx[at*k.dim:], n, l.heads)
			at += n
		}
		l.out.add(x, ctx, rows)
		if !k.pre {
			l.norm1.apply(s, x, x, rows)
		}
		step := pieces(rows)
		for from := 0; from < rows; from += step {
			n := min(step, rows-from)
			l.inner(s, x[from*k.dim:(from+n)*k.dim], n, k.pre)
		}
	}
}

// inner applies the second half of a layer to a few rows.
func (l *block) inner(s *Scratch, x []float32, rows int, pre bool) {
	mark := s.mark()
	defer s.release(mark)
	in := x
	if pre {
		in = s.take(len(x))
		l.norm2.apply(s, in, x, rows)
	}
	h := s.take(rows * l.up.out)
	l.up.apply(h, l.up.out, in, l.up.in, rows)
	if l.gated {
		n := l.down.in
		for r := range rows {
			gate, up := h[r*2*n:r*2*n+n], h[r*2*n+n:(r+1)*2*n]
			l.act.inPlace(gate)
			kernel.Mul(h[r*n:(r+1)*n], gate, up) // row r*n ends before the gate of the next one is read
		}
		h = h[:rows*n]
	} else {
		l.act.inPlace(h)
	}
	l.down.add(x, h, rows)
	if !pre {
		l.norm2.apply(s, x, x, rows)
	}
}

// scoreFloats bounds the block of attention scores that is held at once.
const scoreFloats = 1 << 16

// attend sets ctx [n, dim] to the attention of one sequence with projections qkv [n, 3 dim].
func (k *stack) attend(s *Scratch, qkv, ctx []float32, n, heads int) {
	mark := s.mark()
	defer s.release(mark)
	d, ld := k.dim/heads, 3*k.dim
	step := min(n, max(1, scoreFloats/n))
	scores := s.take(step * n)
	for h := range heads {
		q, key, v := qkv[h*d:], qkv[k.dim+h*d:], qkv[2*k.dim+h*d:]
		for from := 0; from < n; from += step {
			m := min(step, n-from)
			sc := scores[:m*n]
			kernel.Gemm(false, true, m, n, d, q[from*ld:], ld, key, ld, sc, n, false)
			if k.bias != nil {
				k.bias.add(sc, h, from, m, n)
			}
			if k.causal {
				for i := range m {
					row := sc[i*n : (i+1)*n]
					kernel.Softmax(row[:from+i+1], row[:from+i+1], from+i+1)
					clear(row[from+i+1:])
				}
			} else {
				kernel.Softmax(sc, sc, n)
			}
			kernel.Gemm(false, false, m, d, n, sc, n, v, ld, ctx[from*k.dim+h*d:], k.dim, false)
		}
	}
}

// relativeBias is added to attention scores by the distance of key and query; all layers share it.
type relativeBias struct {
	most int         // distances are below it
	bias [][]float32 // by head: of the distance key - query, from -(most-1) on
}

// add adds the bias to scores of queries from to from+m with n keys.
func (b *relativeBias) add(scores []float32, head, from, m, n int) {
	for i := range m {
		row := scores[i*n : (i+1)*n]
		at := b.most - 1 - (from + i)
		kernel.Add(row, row, b.bias[head][at:at+n])
	}
}

// relative reads a table [buckets, heads] of biases by bucket of distance (Raffel et al. 2020,
// section 2.1, in both directions), for sequences of up to most tokens.
func (w *Weights) relative(name string, buckets, heads, most int) *relativeBias {
	t := w.values(name, buckets, heads)
	b := &relativeBias{most: most}
	if w.err != nil {
		return b
	}
	for h := range heads {
		row := make([]float32, 2*most-1)
		for i := range row {
			row[i] = t[bucket(i-(most-1), buckets)*heads+h]
		}
		b.bias = append(b.bias, row)
	}
	return b
}

// bucket returns the bucket of a distance: half of them for each direction, half of those one to a
// distance, the others of logarithmic width up to a distance of 128.
func bucket(distance, buckets int) int {
	buckets /= 2
	at := 0
	if distance > 0 {
		at = buckets
	} else {
		distance = -distance
	}
	exact := buckets / 2
	if distance < exact {
		return at + distance
	}
	const farthest = 128
	far := float32(math.Log(float64(float32(distance)/float32(exact)))) / float32(math.Log(farthest/float64(exact)))
	return at + min(exact+int(far*float32(buckets-exact)), buckets-1)
}
