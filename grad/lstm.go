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

// pack lays the valid steps out as rows for kernel.LSTM, sequence after sequence. plan gets, one after the other: the
// sequences of at least one step, longest first; for each step how many of those have it; for each sequence its first
// row; and for each its first place in an output of the given width.
func (v *Var) pack(width int) {
	T := v.in[0].Dim(1)
	v.plan = v.plan[:0]
	steps := 0
	for b, n := range v.ints {
		if n > 0 {
			v.plan = append(v.plan, b)
		}
		steps = max(steps, n)
	}
	lengths := v.ints
	slices.SortStableFunc(v.plan, func(a, b int) int { return lengths[b] - lengths[a] })
	rows := len(v.plan)
	n := rows
	for s := range steps {
		for n > 0 && lengths[v.plan[n-1]] <= s {
			n--
		}
		v.plan = append(v.plan, n)
	}
	at := 0
	for _, n := range lengths {
		v.plan = append(v.plan, at)
		at += n
	}
	for b := range lengths {
		v.plan = append(v.plan, b*T*width)
	}
	v.n = [4]int{rows, steps, at}
}

// lstmJob runs the directions of one layer, which don't share anything that is written. The tape keeps it, and with it
// the memory of the kernels.
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
	x, w := v.in[0], v.in[1+4*i:]
	rows, steps, batch := v.n[0], v.n[1], x.Dim(0)
	d.In, d.Hidden, d.Width = x.Dim(2), w[1].Dim(1), v.Dim(2)
	d.Reverse = v.flag || i == 1
	d.Order, d.Counts, d.Lengths = v.plan[:rows], v.plan[rows:rows+steps], v.ints
	d.Start, d.Place = v.plan[rows+steps:rows+steps+batch], v.plan[rows+steps+batch:]
	d.WIH, d.WHH, d.BIH, d.BHH = data[T](w[0]), data[T](w[1]), data[T](w[2]), data[T](w[3])
	d.Workers = max(t.workers/n, 1)
}

// full reports whether all sequences have all steps, so that x itself holds the rows.
func (v *Var) full() bool { return v.n[2] == v.in[0].Dim(0)*v.in[0].Dim(1) }

// statePart returns direction i's part of a state [n, B, H], nil for nil.
func statePart[T kernel.Float](s []T, i, n int) []T {
	if s == nil {
		return nil
	}
	size := len(s) / n
	return s[i*size : (i+1)*size]
}

func lstmForward[T kernel.Float](t *Tape, v *Var) {
	v.pack(v.Dim(2))
	n, N := len(v.in)/4, v.n[2]
	j := lstmState[T](t)
	j.back = false
	out, x := data[T](v), data[T](v.in[0])
	at := t.mark()
	if !v.full() {
		clear(out)
		in, T0 := v.in[0].Dim(2), v.in[0].Dim(1)
		rows := kept[T](t, v, 0, N*in)
		to := 0
		for b, steps := range v.ints {
			to += copy(rows[to:to+steps*in], x[b*T0*in:])
		}
		x = rows
	}
	for i := range n {
		d := &j.dirs[i]
		bindLSTM(d, t, v, i, n)
		H := d.Hidden
		d.X = x
		d.Gates = kept[T](t, v, 4*i+1, N*4*H)
		state := kept[T](t, v, 4*i+2, 3*N*H)
		d.C, d.TanhC, d.Prev = state[:N*H], state[N*H:2*N*H], state[2*N*H:3*N*H]
		if N > 0 {
			d.Out = out[i*H:]
		}
		d.HN, d.CN = statePart(data[T](v.more[0]), i, n), statePart(data[T](v.more[1]), i, n)
		if len(d.Order) < len(v.ints) {
			clear(d.HN)
			clear(d.CN)
		}
	}
	kernel.Do(t.workers, n, j)
	t.release(at)
}

func lstmBackward[T kernel.Float](t *Tape, v *Var) {
	n, N, in := len(v.in)/4, v.n[2], v.in[0].Dim(2)
	j := lstmState[T](t)
	j.back = true
	at := t.mark()
	for i := range n {
		d := &j.dirs[i]
		bindLSTM(d, t, v, i, n)
		H := d.Hidden
		if v.full() {
			d.X = data[T](v.in[0])
		} else {
			d.X = pick[T](&v.keep[0])[:N*in]
		}
		d.Gates = pick[T](&v.keep[4*i+1])
		state := pick[T](&v.keep[4*i+2])
		d.C, d.TanhC, d.Prev = state[:N*H], state[N*H:2*N*H], state[2*N*H:3*N*H]
		d.DOut, d.DHN, d.DCN = nil, nil, nil
		if v.has && N > 0 {
			d.DOut = pick[T](&v.grd)[i*H:]
		}
		if v.more[0].has {
			d.DHN = statePart(pick[T](&v.more[0].grd), i, n)
		}
		if v.more[1].has {
			d.DCN = statePart(pick[T](&v.more[1].grd), i, n)
		}
		w := v.in[1+4*i:]
		d.DWIH, d.DWHH = gradAdd[T](t, w[0]), gradAdd[T](t, w[1])
		d.DBIH, d.DBHH = gradAdd[T](t, w[2]), gradAdd[T](t, w[3])
		d.DGates = scratch[T](t, N*4*H)
	}
	workers := t.workers
	if n == 2 && sharesGrad(v.in[1:5], v.in[5:9]) {
		workers = 1 // one direction after the other: they add to the same gradients
	}
	kernel.Do(workers, n, j)
	if dx := gradAdd[T](t, v.in[0]); dx != nil {
		lstmInputGrad(t, v, j.dirs[:n], dx)
	}
	t.release(at)
}

// lstmInputGrad adds the gradient of the input, one direction after the other.
func lstmInputGrad[T kernel.Float](t *Tape, v *Var, dirs []kernel.LSTM[T], dx []T) {
	rows, in, steps := dx, v.in[0].Dim(2), v.in[0].Dim(1)
	if !v.full() {
		rows = scratch[T](t, v.n[2]*in)
		clear(rows)
	}
	for i := range dirs {
		dirs[i].Workers = t.workers
		dirs[i].InputGrad(rows)
	}
	if v.full() {
		return
	}
	at := 0
	for b, n := range v.ints {
		kernel.Accumulate(dx[b*steps*in:(b*steps+n)*in], rows[at:at+n*in])
		at += n * in
	}
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
