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

// layout prepares the plan of kernel.LSTM, for both directions: the valid steps stand as rows, sequence after sequence.
// plan gets the rows of the batch that have a step, the longest first; then, for each step, how many of them have it;
// then where each row of the batch starts among the valid steps; then where it starts in the output. n gets the number of
// rows with a step, of steps and of valid steps. ids gets the rows of x [B·T] that are valid, unless all are.
func (v *Var) layout(T, width int) {
	v.plan = v.plan[:0]
	steps, valid := 0, 0
	for b, n := range v.ints {
		if n > 0 {
			v.plan = append(v.plan, b)
		}
		steps = max(steps, n)
		valid += n
	}
	lengths, rows := v.ints, len(v.plan)
	slices.SortStableFunc(v.plan, func(a, b int) int { return lengths[b] - lengths[a] })
	n := rows
	for s := range steps {
		for n > 0 && lengths[v.plan[n-1]] <= s {
			n--
		}
		v.plan = append(v.plan, n)
	}
	start := 0
	for _, n := range lengths {
		v.plan = append(v.plan, start)
		start += n
	}
	for b := range lengths {
		v.plan = append(v.plan, b*T*width)
	}
	v.n = [4]int{rows, steps, valid}
	v.ids = v.ids[:0]
	if valid == len(lengths)*T {
		return
	}
	for b, n := range lengths {
		for s := range n {
			v.ids = append(v.ids, int32(b*T+s))
		}
	}
}

// lstmJob runs the directions, which don't share anything that is written.
type lstmJob[T kernel.Float] struct {
	dirs [2]kernel.LSTM[T]
	back bool
}

func (j *lstmJob[T]) Run(i int) {
	if j.back {
		j.dirs[i].Backward()
	} else {
		j.dirs[i].Forward()
	}
}

// lstmState returns the tape's job of the element type T.
func lstmState[T kernel.Float](t *Tape) *lstmJob[T] {
	if j, ok := any(&t.lstm32).(*lstmJob[T]); ok {
		return j
	}
	return any(&t.lstm64).(*lstmJob[T])
}

// bindLSTM sets what both ways share, for direction i of n.
func bindLSTM[T kernel.Float](d *kernel.LSTM[T], t *Tape, v *Var, i, n int) {
	w := v.in[1+4*i:]
	d.WIH, d.WHH, d.BIH, d.BHH = data[T](w[0]), data[T](w[1]), data[T](w[2]), data[T](w[3])
	d.In, d.Hidden = v.in[0].Dim(2), w[1].Dim(1)
	d.Reverse = i == 1 || v.flag
	rows, steps, batch := v.n[0], v.n[1], len(v.ints)
	plan := v.plan
	d.Order, plan = plan[:rows], plan[rows:]
	d.Counts, plan = plan[:steps], plan[steps:]
	d.Start, d.Place = plan[:batch], plan[batch:]
	d.Lengths = v.ints
	d.Width = n * d.Hidden
	d.Workers = max(t.workers/n, 1)
}

// from returns x from element i on, or nothing if x is shorter.
func from[T kernel.Float](x []T, i int) []T { return x[min(i, len(x)):] }

// part returns direction i's part of a state [n, B, H], nil for nil.
func part[T kernel.Float](s []T, i, n int) []T {
	if s == nil {
		return nil
	}
	return s[i*len(s)/n : (i+1)*len(s)/n]
}

// The places in keep: the valid steps of x, then for each direction the gates, and C, TanhC and Prev together.
const (
	keepX     = 0
	keepGates = 1
	keepState = 3
)

func lstmForward[T kernel.Float](t *Tape, v *Var) {
	n := len(v.in) / 4
	x, out := v.in[0], data[T](v)
	v.layout(x.Dim(1), v.Dim(-1))
	valid, in, full := v.n[2], x.Dim(2), len(v.ids) == 0
	j := lstmState[T](t)
	j.back = false
	at := t.mark()
	steps := data[T](x)
	if !full || valid == 0 {
		clear(out)
		steps = kept[T](t, v, keepX, valid*in)
		kernel.GatherRows(steps, data[T](x), v.ids, in)
	}
	for i := range n {
		d := &j.dirs[i]
		bindLSTM(d, t, v, i, n)
		d.X, d.Out = steps, from(out, i*d.Hidden)
		d.HN, d.CN = part(data[T](v.more[0]), i, n), part(data[T](v.more[1]), i, n)
		clear(d.HN)
		clear(d.CN)
		d.Input, d.Recurrent = nil, nil
		if !v.needs {
			w := v.in[1+4*i:]
			d.Input, d.Recurrent = laidOut[T](t, w[0]), laidOut[T](t, w[1])
			d.Gates, d.C, d.TanhC, d.Prev = nil, nil, nil, nil
			continue
		}
		d.Gates = kept[T](t, v, keepGates+i, valid*4*d.Hidden)
		setState(d, kept[T](t, v, keepState+i, 3*valid*d.Hidden))
	}
	kernel.Do(t.workers, n, j)
	t.release(at)
}

// setState cuts s into the three states.
func setState[T kernel.Float](d *kernel.LSTM[T], s []T) {
	n := len(s) / 3
	d.C, d.TanhC, d.Prev = s[:n], s[n:2*n], s[2*n:]
}

func lstmBackward[T kernel.Float](t *Tape, v *Var) {
	n := len(v.in) / 4
	x := v.in[0]
	valid, in, full := v.n[2], x.Dim(2), len(v.ids) == 0
	j := lstmState[T](t)
	j.back = true
	at := t.mark()
	steps := data[T](x)
	if !full || valid == 0 {
		steps = pick[T](&v.keep[keepX])
	}
	for i := range n {
		d := &j.dirs[i]
		bindLSTM(d, t, v, i, n)
		d.X = steps
		d.Gates = pick[T](&v.keep[keepGates+i])
		setState(d, pick[T](&v.keep[keepState+i]))
		d.DOut, d.DHN, d.DCN = nil, nil, nil
		if v.has {
			d.DOut = from(pick[T](&v.grd), i*d.Hidden)
		}
		if v.more[0].has {
			d.DHN = part(pick[T](&v.more[0].grd), i, n)
		}
		if v.more[1].has {
			d.DCN = part(pick[T](&v.more[1].grd), i, n)
		}
		w := v.in[1+4*i:]
		d.DWIH, d.DWHH = gradAdd[T](t, w[0]), gradAdd[T](t, w[1])
		d.DBIH, d.DBHH = gradAdd[T](t, w[2]), gradAdd[T](t, w[3])
		d.DGates = d.Gates // not needed any more where its gradient stands
	}
	workers := t.workers
	if n == 2 && sharesGrad(v.in[1:5], v.in[5:9]) {
		workers = 1 // one direction after the other: they add to the same gradients
	}
	kernel.Do(workers, n, j)
	for i := range n {
		j.dirs[i].Workers = t.workers
	}
	if n == 2 {
		kernel.InputWeightGradBoth(&j.dirs[0], &j.dirs[1])
	} else {
		j.dirs[0].InputWeightGrad()
	}
	if dx := gradAdd[T](t, x); dx != nil {
		valids := dx
		if !full {
			valids = scratch[T](t, valid*in)
			clear(valids)
		}
		for i := range n {
			j.dirs[i].InputGrad(valids)
		}
		if !full {
			kernel.ScatterAddRows(dx, valids, v.ids, in)
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
