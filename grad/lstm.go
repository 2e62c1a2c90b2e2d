package grad

import (
	"slices"

	"github.com/fusor-ml/fusor/internal/kernel"
	"github.com/fusor-ml/fusor/tensor"
)

var opLSTM = operation{"LSTM", both(lstmForward[float32], lstmForward[float64]), both(lstmBackward[float32], lstmBackward[float64])}

// LSTM runs one layer in one direction over whole sequences as one operation: x [B, T, in], lengths
// [B] or nil for T, wih [4H, in], whh [4H, H], bih and bhh [4H], PyTorch's gate order i, f, g, o,
// zeros as the first state. It returns the outputs [B, T, H] and the last hidden and cell state [B,
// H] of each row. As with PyTorch's packed sequences, outputs past the length are zero, what is
// there in x has no effect, and the reverse direction starts at the last valid step. A row of
// length 0 keeps the zero state.
func (t *Tape) LSTM(x *Var, lengths []int, wih, whh, bih, bhh *Var, reverse bool) (out, hn, cn *Var) {
	v := t.lstm(lengths, x)
	v.flag = reverse
	H := v.cell(wih, whh, bih, bhh)
	B, T := x.Dim(0), x.Dim(1)
	v.shape(B, T, H)
	hn, cn = v.another(B, H), v.another(B, H)
	v.run()
	return v, hn, cn
}

// BiLSTM runs one layer in both directions: like LSTM with the weights fwd and bwd, each {wih, whh,
// bih, bhh}. It returns the outputs [B, T, 2H], forward first, and the last states [2, B, H]. The
// directions may run at the same time.
func (t *Tape) BiLSTM(x *Var, lengths []int, fwd, bwd [4]*Var) (out, hn, cn *Var) {
	return t.bilstm(t.lstm(lengths, x), fwd, bwd)
}

// BiLSTMConcat is BiLSTM of Concat(xs...), which is not made.
func (t *Tape) BiLSTMConcat(xs []*Var, lengths []int, fwd, bwd [4]*Var) (out, hn, cn *Var) {
	if len(xs) == 0 {
		badCount("BiLSTMConcat", "operands", 0, 1)
	}
	return t.bilstm(t.lstm(lengths, xs...), fwd, bwd)
}

func (t *Tape) bilstm(v *Var, fwd, bwd [4]*Var) (out, hn, cn *Var) {
	v.flag = false
	H := v.cell(fwd[0], fwd[1], fwd[2], fwd[3])
	if v.cell(bwd[0], bwd[1], bwd[2], bwd[3]) != H {
		badPair("BiLSTM", fwd[1].val.Shape, bwd[1].val.Shape)
	}
	B, T := v.in[0].Dim(0), v.in[0].Dim(1)
	v.shape(B, T, 2*H)
	hn, cn = v.another(2, B, H), v.another(2, B, H)
	v.run()
	return v, hn, cn
}

// lstm starts the node: the inputs, whose number n[3] keeps, and the lengths.
func (t *Tape) lstm(lengths []int, xs ...*Var) *Var {
	v := t.next(&opLSTM)
	for _, x := range xs {
		rank("LSTM", x, 3, "[B, T, in]")
		if !tensor.SameShape(x.val.Shape[:2], xs[0].val.Shape[:2]) {
			badPair("LSTM", xs[0].val.Shape, x.val.Shape)
		}
		v.use(x)
	}
	v.n[3] = len(xs)
	v.setLengths(lengths, xs[0].Dim(0), xs[0].Dim(1))
	return v
}

// cell adds the weights of one direction as operands and returns H.
func (v *Var) cell(wih, whh, bih, bhh *Var) int {
	rank("LSTM", wih, 2, "a weight [4H, in]")
	rank("LSTM", whh, 2, "a weight [4H, H]")
	H, in := whh.Dim(1), 0
	for _, x := range v.in[:v.n[3]] {
		in += x.Dim(2)
	}
	if whh.Dim(0) != 4*H || wih.Dim(0) != 4*H || wih.Dim(1) != in {
		badPair("LSTM", wih.val.Shape, whh.val.Shape)
	}
	vector("LSTM", bih, 4*H)
	vector("LSTM", bhh, 4*H)
	for _, x := range [...]*Var{wih, whh, bih, bhh} {
		v.use(x)
	}
	return H
}

// lstmWeights are the weights of direction i.
func (v *Var) lstmWeights(i int) []*Var { return v.in[v.n[3]+4*i : v.n[3]+4*i+4] }

// layout prepares the plan of kernel.LSTM, for both directions: the valid steps stand as rows,
// sequence after sequence. plan gets the rows of the batch that have a step, the longest first;
// then, for each step, how many of them have it; then where each row of the batch starts among the
// valid steps; then where it starts among all steps, and where in the output. n gets the number of
// rows with a step, of steps and of valid steps.
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
	for _, step := range [...]int{1, width} {
		for b := range lengths {
			v.plan = append(v.plan, b*T*step)
		}
	}
	v.n[0], v.n[1], v.n[2] = rows, steps, valid
}

// lstmJob runs the directions, which don't share anything that is written.
type lstmJob[T kernel.Float] struct {
	dirs [2]kernel.LSTM[T]
	back bool
	x    []kernel.Columns[T]
	dx   [][]T
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

// bind sets what both ways share, for direction i of n.
func (j *lstmJob[T]) bind(t *Tape, v *Var, i, n int) *kernel.LSTM[T] {
	d, w := &j.dirs[i], v.lstmWeights(i)
	d.WIH, d.WHH, d.BIH, d.BHH = data[T](w[0]), data[T](w[1]), data[T](w[2]), data[T](w[3])
	d.In, d.Hidden = w[0].Dim(1), w[1].Dim(1)
	d.Reverse = i == 1 || v.flag
	rows, steps, batch := v.n[0], v.n[1], len(v.ints)
	plan := v.plan
	d.Order, plan = plan[:rows], plan[rows:]
	d.Counts, plan = plan[:steps], plan[steps:]
	d.Start, d.First, d.Place = plan[:batch], plan[batch:2*batch], plan[2*batch:]
	d.Lengths = v.ints
	d.Width = n * d.Hidden
	d.Workers = max(t.workers/n, 1)
	d.X, d.Out = j.x, from(data[T](v), i*d.Hidden)
	return d
}

// inputs sets the columns of the input.
func (j *lstmJob[T]) inputs(v *Var) {
	j.x = j.x[:0]
	for _, x := range v.in[:v.n[3]] {
		j.x = append(j.x, kernel.Columns[T]{X: data[T](x), N: x.Dim(2)})
	}
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

// The places in keep, for each direction: the gates and the cell states.
const (
	keepGates = 0
	keepState = 2
)

func lstmForward[T kernel.Float](t *Tape, v *Var) {
	n := (len(v.in) - v.n[3]) / 4
	steps := v.Dim(1)
	v.layout(steps, v.Dim(2))
	valid := v.n[2]
	if valid < len(v.ints)*steps {
		clear(data[T](v))
	}
	j := lstmState[T](t)
	j.back = false
	j.inputs(v)
	at := t.mark()
	for i := range n {
		d := j.bind(t, v, i, n)
		d.HN, d.CN = part(data[T](v.more[0]), i, n), part(data[T](v.more[1]), i, n)
		clear(d.HN)
		clear(d.CN)
		d.Input, d.Recurrent = nil, nil
		if !v.needs {
			w := v.lstmWeights(i)
			d.Input, d.Recurrent = laidOut[T](t, w[0]), laidOut[T](t, w[1])
			d.Gates, d.C = nil, nil
			continue
		}
		d.Gates = kept[T](t, v, keepGates+i, valid*4*d.Hidden)
		d.C = kept[T](t, v, keepState+i, valid*d.Hidden)
	}
	kernel.Do(t.workers, n, j)
	t.release(at)
}
