package grad

import "github.com/fusor-ml/fusor/internal/kernel"

func lstmBackward[T kernel.Float](t *Tape, v *Var) {
	// v.in holds the inputs first, then four weights for each direction: W_ih, W_hh, b_ih, b_hh (as in
	// PyTorch).
	n := (len(v.in) - v.n[3]) / 4
	j := lstmState[T](t)
	j.back = true
	j.inputs(v)
	wanted := false
	for _, x := range v.in[:v.n[3]] {
		wanted = wanted || x.needs
	}
	for i := range n {
		d := j.bind(t, v, i, n)
		d.Gates = pick[T](&v.keep[keepGates+i])
		d.C = pick[T](&v.keep[keepState+i])
		// The kernel's struct is reused between steps: what is not set here would be left over from
		// another LSTM.
		d.DOut, d.DSteps, d.DHN, d.DCN = nil, nil, nil, nil
		// Whatever of the four outputs was used has a gradient: all steps, their mean over time, the last
		// h and c.
		if v.has {
			d.DOut = from(pick[T](&v.grd), i*d.Hidden)
		}
		if v.some {
			d.DSteps = from(pick[T](&v.every), i*d.Hidden)
		}
		if v.more[0].has {
			d.DHN = part(pick[T](&v.more[0].grd), i, n)
		}
		if v.more[1].has {
			d.DCN = part(pick[T](&v.more[1].grd), i, n)
		}
		w := v.lstmWeights(i)
		d.DWIH, d.DWHH = gradAdd[T](t, w[0]), gradAdd[T](t, w[1])
		d.DBIH, d.DBHH = gradAdd[T](t, w[2]), gradAdd[T](t, w[3])
		d.DGates = nil
		if wanted {
			d.DGates = d.Gates // not needed any more where its gradient is
		}
	}
	workers := t.workers
	if n == 2 && sharesGrad(v.lstmWeights(0), v.lstmWeights(1)) {
		workers = 1 // one direction after the other: they add to the same gradients
	}
	kernel.Do(workers, n, j)
	if !wanted {
		return
	}
	j.dx = j.dx[:0]
	for _, x := range v.in[:v.n[3]] {
		j.dx = append(j.dx, gradAdd[T](t, x))
	}
	// Behind both directions, one after the other: they add to the same inputs, in a fixed order.
	for i := range n {
		j.dirs[i].Workers = t.workers
		j.dirs[i].InputGrad(j.dx)
	}
}

// meansAll reports whether a mean over the first of[b] steps reaches all of the first n[b].
func meansAll(of, n []int) bool {
	for b, m := range of {
		if m < n[b] {
			return false
		}
	}
	return true
}

// meanOfLSTM adds the gradient dy of a mean over the steps of an LSTM's output x. It is the same
// for all steps, so it is kept once.
func meanOfLSTM[T kernel.Float](t *Tape, x *Var, dy []T, lengths []int, D int) {
	if !x.some {
		t.room(&x.every, len(dy))
		clear(pick[T](&x.every))
		x.some = true
	}
	every := pick[T](&x.every)
	for b, n := range lengths {
		if n > 0 {
			kernel.Axpy(1/T(n), dy[b*D:(b+1)*D], every[b*D:(b+1)*D])
		}
	}
}

// spread adds what every step gets to the gradient.
func spread[T kernel.Float](t *Tape, v *Var) {
	if !v.some {
		return
	}
	v.some = false
	steps, D := v.Dim(1), v.Dim(2)
	every, dv := pick[T](&v.every), gradAdd[T](t, v)
	for b, n := range v.ints {
		for s := range n {
			at := (b*steps + s) * D
			kernel.Accumulate(dv[at:at+D], every[b*D:(b+1)*D])
		}
	}
}

// sharesGrad reports whether a weight is in both lists.
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
