package grad

import (
	"slices"

	"github.com/fusor-ml/fusor/internal/kernel"
)

var opLSTM = operation{"LSTM", both(lstmForward[float32], lstmForward[float64]), both(lstmBackward[float32], lstmBackward[float64])}

// LSTM runs one layer in one direction over whole sequences as one operation: x [B, T, in], lengths [B] or nil for T,
// wih [4H, in], whh [4H, H], bih and bhh [4H], PyTorch's gate order i, f, g, o, zeros as the first state. It returns the
// outputs [B, T, H] and the last hidden and cell state [B, H] of each row. As with PyTorch's packed sequences, outputs
// past the length are zero, what stands there in x has no effect, and the reverse direction starts at the last valid
// step. A row of length 0 keeps the zero state.
func (t *Tape) LSTM(x *Var, lengths []int, wih, whh, bih, bhh *Var, reverse bool) (out, hn, cn *Var) {
	v := t.lstm(x, lengths)
	v.flag = reverse
	H := v.cell(wih, whh, bih, bhh)
	B, T := x.Dim(0), x.Dim(1)
	v.shape(B, T, H)
	hn, cn = v.another(B, H), v.another(B, H)
	v.run()
	return v, hn, cn
}

// BiLSTM runs one layer in both directions: like LSTM with the weights fwd and bwd, each {wih, whh, bih, bhh}. It returns
// the outputs [B, T, 2H], forward first, and the last states [2, B, H]. The directions may run at the same time.
func (t *Tape) BiLSTM(x *Var, lengths []int, fwd, bwd [4]*Var) (out, hn, cn *Var) {
	v := t.lstm(x, lengths)
	v.flag = false
	H := v.cell(fwd[0], fwd[1], fwd[2], fwd[3])
	if v.cell(bwd[0], bwd[1], bwd[2], bwd[3]) != H {
		badPair("BiLSTM", fwd[1].val.Shape, bwd[1].val.Shape)
	}
	B, T := x.Dim(0), x.Dim(1)
	v.shape(B, T, 2*H)
	hn, cn = v.another(2, B, H), v.another(2, B, H)
	v.run()
	return v, hn, cn
}

// lstm starts the node: x and the lengths.
func (t *Tape) lstm(x *Var, lengths []int) *Var {
	rank("LSTM", x, 3, "[B, T, in]")
	v := t.node(&opLSTM, x)
	v.setLengths(lengths, x.Dim(0), x.Dim(1))
	return v
}

// cell adds the weights of one direction as operands and returns H.
func (v *Var) cell(wih, whh, bih, bhh *Var) int {
	rank("LSTM", wih, 2, "a weight [4H, in]")
	rank("LSTM", whh, 2, "a weight [4H, H]")
	H := whh.Dim(1)
	if whh.Dim(0) != 4*H || wih.Dim(0) != 4*H || wih.Dim(1) != v.in[0].Dim(2) {
		badPair("LSTM", wih.val.Shape, whh.val.Shape)
	}
	vector("LSTM", bih, 4*H)
	vector("LSTM", bhh, 4*H)
	for _, x := range [...]*Var{wih, whh, bih, bhh} {
		v.use(x)
	}
	return H
}

// pack lays the valid steps out as rows in the order of the steps, all rows of step 0, then all of step 1, …; the
// longest sequences stand first in each, so that the rows of a step are the first ones of the step before. plan gets the
// rows of the batch in that order and then, for each step, how many go on; ids (and ids2 for the other direction) gets,
// for each packed row, its row of x [B·T]. Both directions share the layout: the reverse one counts steps from the end.
func (v *Var) pack() (rows, steps int) {
	T := v.in[0].Dim(1)
	v.plan = v.plan[:0]
	for b, n := range v.ints {
		if n > 0 {
			v.plan = append(v.plan, b)
		}
		steps = max(steps, n)
	}
	lengths := v.ints
	slices.SortStableFunc(v.plan, func(a, b int) int { return lengths[b] - lengths[a] })
	rows = len(v.plan)
	order := v.plan[:rows:rows]
	v.ids, v.ids2 = v.ids[:0], v.ids2[:0]
	for s := range steps {
		n := 0
		for ; n < rows && lengths[order[n]] > s; n++ {
			at, end := int32(order[n]*T+s), int32(order[n]*T+lengths[order[n]]-1-s)
			if len(v.in) > 5 {
				v.ids = append(v.ids, at)
				v.ids2 = append(v.ids2, end)
			} else if v.flag {
				v.ids = append(v.ids, end)
			} else {
				v.ids = append(v.ids, at)
			}
		}
		v.plan = append(v.plan, n)
	}
	return rows, steps
}

// lstmDirection is one direction of one layer in packed rows; N of them, n of the first step.
type lstmDirection[T kernel.Float] struct {
	x, wih, whh, bih, bhh     []T
	order, counts             []int
	index                     []int32
	in, hidden, steps, batch  int
	xp, gates, c, tanhC, h, b []T // [N, in] [N, 4H] [N, H] [N, H] [N, H] [4H]
	out                       []T // [B·T, width], this direction from column 0 on
	width                     int
	hn, cn                    []T // [B, H]
	workers                   int

	// backward
	dOut, dhn, dcn            []T // as out, hn and cn; nil for zeros
	dGates, dh, dc, dxp, prev []T // [N, 4H] [n, H] [n, H] [N, in] [N-n, H]
	dwih, dwhh, dbih, dbhh    []T
	addIH, addHH              bool
}

// lstmJob runs the directions, which don't share anything that is written.
type lstmJob[T kernel.Float] struct {
	dirs [2]lstmDirection[T]
	back bool
}

func (j *lstmJob[T]) Run(i int) {
	if j.back {
		j.dirs[i].backward()
	} else {
		j.dirs[i].forward()
	}
}

// lstmState returns the tape's job of the element type T.
func lstmState[T kernel.Float](t *Tape) *lstmJob[T] {
	if j, ok := any(&t.lstm32).(*lstmJob[T]); ok {
		return j
	}
	return any(&t.lstm64).(*lstmJob[T])
}

// bind sets what both ways share, for direction i of n.
func (d *lstmDirection[T]) bind(t *Tape, v *Var, i, n int) {
	x, w := v.in[0], v.in[1+4*i:]
	*d = lstmDirection[T]{
		x: data[T](x), wih: data[T](w[0]), whh: data[T](w[1]), bih: data[T](w[2]), bhh: data[T](w[3]),
		in: x.Dim(2), hidden: w[1].Dim(1), batch: x.Dim(0), index: v.ids, workers: max(t.workers/n, 1),
	}
	if i == 1 {
		d.index = v.ids2
	}
	d.order, d.counts = v.plan[:v.n[0]], v.plan[v.n[0]:]
	d.steps, d.width = len(d.counts), n*d.hidden
}

// part returns direction i's part of a state [n, B, H], nil for nil.
func (d *lstmDirection[T]) part(s []T, i int) []T {
	if s == nil {
		return nil
	}
	size := d.batch * d.hidden
	return s[i*size : (i+1)*size]
}

func lstmForward[T kernel.Float](t *Tape, v *Var) {
	v.n[0], v.n[1] = v.pack()
	n := len(v.in) / 4
	j := lstmState[T](t)
	j.back = false
	out := data[T](v)
	if len(v.ids) < v.in[0].Dim(0)*v.in[0].Dim(1) {
		clear(out)
	}
	at := t.mark()
	for i := range n {
		d := &j.dirs[i]
		d.bind(t, v, i, n)
		N, H := len(d.index), d.hidden
		d.xp = kept[T](t, v, 4*i, N*d.in)
		d.gates = kept[T](t, v, 4*i+1, N*4*H)
		state := kept[T](t, v, 4*i+2, 3*N*H)
		d.c, d.tanhC, d.h = state[:N*H], state[N*H:2*N*H], state[2*N*H:]
		d.b = scratch[T](t, 4*H)
		if N > 0 {
			d.out = out[i*H:]
		}
		d.hn, d.cn = d.part(data[T](v.more[0]), i), d.part(data[T](v.more[1]), i)
	}
	kernel.Do(t.workers, n, j)
	t.release(at)
}

// forward does the input product of all steps at once, then step by step the recurrence.
func (d *lstmDirection[T]) forward() {
	N, H := len(d.index), d.hidden
	kernel.GatherRows(d.xp, d.x, d.index, d.in)
	kernel.GemmWorkers(d.workers, false, true, N, 4*H, d.in, d.xp, d.in, d.wih, d.in, d.gates, 4*H, false)
	kernel.Add(d.b, d.bih, d.bhh)
	kernel.AddRow(d.gates, d.gates, d.b)
	if len(d.order) < d.batch {
		clear(d.hn)
		clear(d.cn)
	}
	at, before := 0, 0
	for s, n := range d.counts {
		g := d.gates[at*4*H:]
		var prev []T
		if s > 0 {
			prev = d.c[before*H:]
			kernel.Gemm(false, true, n, 4*H, H, d.h[before*H:], H, d.whh, H, g, 4*H, true)
		}
		c, h := d.c[at*H:(at+n)*H], d.h[at*H:(at+n)*H]
		kernel.LSTMCell(g, prev, c, d.tanhC[at*H:], h, n, H)
		stay := 0
		if s+1 < d.steps {
			stay = d.counts[s+1]
		}
		for r := range n {
			copy(d.out[int(d.index[at+r])*d.width:][:H], h[r*H:])
			if r >= stay {
				b := d.order[r]
				copy(d.hn[b*H:(b+1)*H], h[r*H:])
				copy(d.cn[b*H:(b+1)*H], c[r*H:])
			}
		}
		before = at
		at += n
	}
}

func lstmBackward[T kernel.Float](t *Tape, v *Var) {
	n := len(v.in) / 4
	j := lstmState[T](t)
	j.back = true
	at := t.mark()
	dx := gradAdd[T](t, v.in[0])
	for i := range n {
		d := &j.dirs[i]
		d.bind(t, v, i, n)
		N, H := len(d.index), d.hidden
		d.xp, d.gates = pick[T](&v.keep[4*i]), pick[T](&v.keep[4*i+1])
		state := pick[T](&v.keep[4*i+2])
		d.c, d.tanhC, d.h = state[:N*H], state[N*H:2*N*H], state[2*N*H:]
		if v.has && N > 0 {
			d.dOut = pick[T](&v.grd)[i*H:]
		}
		if v.more[0].has {
			d.dhn = d.part(pick[T](&v.more[0].grd), i)
		}
		if v.more[1].has {
			d.dcn = d.part(pick[T](&v.more[1].grd), i)
		}
		w := v.in[1+4*i:]
		d.dwih, d.addIH = gradOf[T](t, w[0])
		d.dwhh, d.addHH = gradOf[T](t, w[1])
		d.dbih, d.dbhh = gradAdd[T](t, w[2]), gradAdd[T](t, w[3])
		rows := len(d.order)
		d.dGates = scratch[T](t, N*4*H)
		d.dh, d.dc = scratch[T](t, rows*H), scratch[T](t, rows*H)
		if d.dwhh != nil && N > 0 && N != rows*d.steps {
			d.prev = scratch[T](t, (N-rows)*H)
		}
		if dx != nil {
			d.dxp = scratch[T](t, N*d.in)
		}
	}
	workers := t.workers
	if n == 2 && sharesGrad(v.in[1:5], v.in[5:9]) {
		workers = 1 // one direction after the other: they add to the same gradients
	}
	kernel.Do(workers, n, j)
	if dx != nil {
		for i := range n {
			kernel.ScatterAddRows(dx, j.dirs[i].dxp, j.dirs[i].index, j.dirs[i].in)
		}
	}
	t.release(at)
}

// sharesGrad reports whether a weight stands in both lists.
func sharesGrad(a, b []*Var) bool {
	for _, x := range a {
		for _, y := range b {
			if x == y || root(x) == root(y) || x.param != nil && x.param == y.param {
				return true
			}
		}
	}
	return false
}

// root returns the value that x is a part of, at last.
func root(x *Var) *Var {
	for x.base != nil {
		x = x.base
	}
	return x
}

// backward goes through the steps from the last to the first, then gets the gradients of the weights and of the input
// from all steps at once.
func (d *lstmDirection[T]) backward() {
	N, H := len(d.index), d.hidden
	for r, b := range d.order {
		copyOrClear(d.dh[r*H:(r+1)*H], d.dhn, b*H)
		copyOrClear(d.dc[r*H:(r+1)*H], d.dcn, b*H)
	}
	at := N
	for s := d.steps - 1; s >= 0; s-- {
		n := d.counts[s]
		at -= n
		if d.dOut != nil {
			for r := range n {
				kernel.Accumulate(d.dh[r*H:(r+1)*H], d.dOut[int(d.index[at+r])*d.width:][:H])
			}
		}
		var prev []T
		if s > 0 {
			prev = d.c[(at-d.counts[s-1])*H:]
		}
		g := d.dGates[at*4*H:]
		kernel.LSTMCellGrad(g, d.dc, d.dh, d.gates[at*4*H:], prev, d.tanhC[at*H:], n, H)
		if s > 0 {
			kernel.Gemm(false, false, n, H, 4*H, g, 4*H, d.whh, H, d.dh, H, false)
		}
	}
	if d.dwih != nil {
		kernel.GemmWorkers(d.workers, true, false, 4*H, d.in, N, d.dGates, 4*H, d.xp, d.in, d.dwih, d.in, d.addIH)
	}
	if d.dwhh != nil {
		first := len(d.order)
		kernel.GemmWorkers(d.workers, true, false, 4*H, H, N-first, d.dGates[first*4*H:], 4*H, d.before(), H, d.dwhh, H, d.addHH)
	}
	if d.dbih != nil {
		kernel.ColSum(d.dbih, d.dGates)
	}
	if d.dbhh != nil {
		kernel.ColSum(d.dbhh, d.dGates)
	}
	if d.dxp != nil {
		kernel.GemmWorkers(d.workers, false, false, N, d.in, 4*H, d.dGates, 4*H, d.wih, d.in, d.dxp, d.in, false)
	}
}

// before returns the hidden state before each packed row from the second step on.
func (d *lstmDirection[T]) before() []T {
	if d.prev == nil {
		return d.h // all sequences are equally long: the state before stands one step earlier
	}
	H, from, to := d.hidden, 0, 0
	for s := 1; s < d.steps; s++ {
		n := d.counts[s]
		copy(d.prev[to*H:(to+n)*H], d.h[from*H:])
		from += d.counts[s-1]
		to += n
	}
	return d.prev
}

// copyOrClear copies src from off on to dst, or zeros if src is nil.
func copyOrClear[T kernel.Float](dst, src []T, off int) {
	if src == nil {
		clear(dst)
		return
	}
	copy(dst, src[off:])
}
