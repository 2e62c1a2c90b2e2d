package grad

import (
	"math"

	"github.com/fusor-ml/fusor/internal/kernel"
	"github.com/fusor-ml/fusor/tensor"
)

var opAttention = operation{"Attention", both(attentionForward[float32], attentionForward[float64]), both(attentionBackward[float32], attentionBackward[float64])}

// Attention is scaled dot-product attention in heads (Vaswani 2017) without the projections: q [B,
// Tq, E], k and v [B, Tk, E], E a multiple of heads. Keys where keyMask [B, Tk] is zero are left
// out, and the content of them, NaN too, has no effect; with no key left the result is zero. It
// returns the result [B, Tq, E] and the weights averaged over the heads [B, Tq, Tk].
func (t *Tape) Attention(q, k, val *Var, heads int, keyMask *tensor.Tensor) (out, weights *Var) {
	rank("Attention", q, 3, "[B, Tq, E]")
	rank("Attention", k, 3, "[B, Tk, E]")
	sameShape("Attention", k, val)
	B, Tq, E, Tk := q.Dim(0), q.Dim(1), q.Dim(2), k.Dim(1)
	if k.Dim(0) != B || k.Dim(2) != E {
		badPair("Attention", q.val.Shape, k.val.Shape)
	}
	if heads < 1 || E%heads != 0 {
		badRange("Attention", heads, E)
	}
	v := t.node(&opAttention, q)
	v.use(k)
	v.use(val)
	v.n = [4]int{heads, B, Tq, Tk}
	v.flag = keyMask != nil
	if v.flag {
		if keyMask.Len() != B*Tk {
			badPair("Attention", k.val.Shape, keyMask.Shape)
		}
		t.take(&v.other, keyMask)
	}
	v.shape(B, Tq, E)
	weights = v.another(B, Tq, Tk)
	v.run()
	return v, weights
}

// attentionJob does the rows of the batch, one part each.
type attentionJob[T kernel.Float] struct {
	q, k, v, p, out, mean, mask    []T // p: the weights [B, heads, Tq, Tk]; mask [B, Tk] or nil
	dq, dk, dv, dp, dOut, dMean    []T // dp like p
	heads, queries, keys, width, e int
	back                           bool
}

func (j *attentionJob[T]) Run(b int) {
	for h := range j.heads {
		if j.back {
			j.backward(b, h)
		} else {
			j.forward(b, h)
		}
	}
}

func attentionState[T kernel.Float](t *Tape) *attentionJob[T] {
	if j, ok := any(&t.attn32).(*attentionJob[T]); ok {
		return j
	}
	return any(&t.attn64).(*attentionJob[T])
}

// bind sets what both ways share.
func (j *attentionJob[T]) bind(v *Var) {
	heads, Tq, Tk, E := v.n[0], v.n[2], v.n[3], v.in[0].Dim(2)
	*j = attentionJob[T]{
		q: data[T](v.in[0]), k: data[T](v.in[1]), v: data[T](v.in[2]),
		heads: heads, queries: Tq, keys: Tk, width: E, e: E / heads,
	}
	if v.flag {
		j.mask = pick[T](&v.other)
	}
}

func attentionForward[T kernel.Float](t *Tape, v *Var) {
	heads, B, Tq, Tk := v.n[0], v.n[1], v.n[2], v.n[3]
	j := attentionState[T](t)
	j.bind(v)
	at := t.mark()
	if j.mask != nil {
		v.f32s = v.f32s[:0]
		for _, m := range j.mask {
			v.f32s = append(v.f32s, float32(m))
		}
		k, val := kept[T](t, v, 0, len(j.k)), kept[T](t, v, 1, len(j.v))
		kernel.WhereRows(k, j.k, nil, v.f32s, j.width)
		kernel.WhereRows(val, j.v, nil, v.f32s, j.width)
		j.k, j.v = k, val
	}
	j.p = kept[T](t, v, 2, B*heads*Tq*Tk)
	j.out, j.mean = data[T](v), data[T](v.more[0])
	clear(j.mean)
	kernel.Do(t.fewer(B*heads*Tq*Tk*j.e), B, j)
	t.release(at)
}

// fewer returns how many workers so many multiply-adds are worth.
func (t *Tape) fewer(work int) int {
	if work < 1<<18 {
		return 1
	}
	return t.workers
}

func (j *attentionJob[T]) forward(b, h int) {
	Tq, Tk, E, e := j.queries, j.keys, j.width, j.e
	p := j.p[(b*j.heads+h)*Tq*Tk:][:Tq*Tk]
	q, k, v := j.q[b*Tq*E+h*e:], j.k[min(b*Tk*E+h*e, len(j.k)):], j.v[min(b*Tk*E+h*e, len(j.v)):]
	kernel.Gemm(false, true, Tq, Tk, e, q, E, k, E, p, Tk, false)
	kernel.Scale(p, T(1/math.Sqrt(float64(e))), p)
	if j.mask == nil {
		kernel.Softmax(p, p, Tk)
	} else {
		m := j.mask[b*Tk : (b+1)*Tk]
		for i := range Tq {
			kernel.MaskedSoftmax(p[i*Tk:(i+1)*Tk], p[i*Tk:(i+1)*Tk], m, Tk)
		}
	}
	kernel.Gemm(false, false, Tq, e, Tk, p, Tk, v, E, j.out[b*Tq*E+h*e:], E, false)
	kernel.Axpy(1/T(j.heads), p, j.mean[b*Tq*Tk:(b+1)*Tq*Tk])
}

func attentionBackward[T kernel.Float](t *Tape, v *Var) {
	heads, B, Tq, Tk := v.n[0], v.n[1], v.n[2], v.n[3]
	j := attentionState[T](t)
	j.bind(v)
	j.back = true
	if j.mask != nil {
		j.k, j.v = pick[T](&v.keep[0]), pick[T](&v.keep[1])
	}
	j.p = pick[T](&v.keep[2])
	if v.has {
		j.dOut = pick[T](&v.grd)
	}
	if v.more[0].has {
		j.dMean = pick[T](&v.more[0].grd)
	}
	at := t.mark()
	j.dq, j.dk, j.dv = gradAdd[T](t, v.in[0]), gradAdd[T](t, v.in[1]), gradAdd[T](t, v.in[2])
	j.dp = scratch[T](t, 2*B*heads*Tq*Tk)
	kernel.Do(t.fewer(B*heads*Tq*Tk*j.e), B, j)
	t.release(at)
}

func (j *attentionJob[T]) backward(b, h int) {
	Tq, Tk, E, e := j.queries, j.keys, j.width, j.e
	i := b*j.heads + h
	p, dp, ds := j.p[i*Tq*Tk:][:Tq*Tk], j.dp[2*i*Tq*Tk:][:Tq*Tk], j.dp[(2*i+1)*Tq*Tk:][:Tq*Tk]
	atQ, atK := b*Tq*E+h*e, min(b*Tk*E+h*e, len(j.k))
	clear(dp)
	clear(ds)
	if j.dMean != nil {
		kernel.Axpy(1/T(j.heads), j.dMean[b*Tq*Tk:(b+1)*Tq*Tk], dp)
	}
	if j.dOut != nil {
		kernel.Gemm(false, true, Tq, Tk, e, j.dOut[atQ:], E, j.v[atK:], E, dp, Tk, true)
		if j.dv != nil {
			kernel.Gemm(true, false, Tk, e, Tq, p, Tk, j.dOut[atQ:], E, j.dv[atK:], E, true)
		}
	}
	if j.mask == nil {
		kernel.SoftmaxGrad(ds, p, dp, Tk)
	} else {
		m := j.mask[b*Tk : (b+1)*Tk]
		for r := range Tq {
			kernel.MaskedSoftmaxGrad(ds[r*Tk:(r+1)*Tk], p[r*Tk:(r+1)*Tk], dp[r*Tk:(r+1)*Tk], m, Tk)
		}
	}
	kernel.Scale(ds, T(1/math.Sqrt(float64(e))), ds)
	if j.dq != nil {
		kernel.Gemm(false, false, Tq, e, Tk, ds, Tk, j.k[atK:], E, j.dq[atQ:], E, true)
	}
	if j.dk != nil {
		kernel.Gemm(true, false, Tk, e, Tq, ds, Tk, j.q[atQ:], E, j.dk[atK:], E, true)
	}
}
