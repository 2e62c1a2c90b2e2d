package kernel

// lstmGroups is at most how many sums of the gradient of the weights are made, each over some
// neighboring parts. Parts of different groups may be done at the same time; the order of sums
// depends on the number of sequences alone.
const lstmGroups = 4

// lstmGroup has such a sum, transposed and one above the other: the gradients of the weights of the
// input, of the recurrent weights and of the biases.
type lstmGroup[T Float] struct{ sum panelled[T] }

// Backward computes DGates and the gradients of the weights.
func (l *LSTM[T]) Backward() {
	h := l.Hidden
	if len(l.Order) == 0 || h == 0 {
		return
	}
	l.packed.Pack(false, h, 4*h, l.WHH, h)
	for len(l.groups) < lstmGroups {
		l.groups = append(l.groups, lstmGroup[T]{})
	}
	n := min(l.count(), lstmGroups)
	l.do(lstmBackward, n)
	if !l.learns() {
		return
	}
	sum := &l.groups[0].sum
	for i := range l.groups[1:n] {
		Accumulate(sum.x, l.groups[1+i].sum.x)
	}
	p := &l.parts[0]
	if l.DWIH != nil {
		sum.addTranspose(&p.turned, l.DWIH, 0, l.In, 4*h)
	}
	if l.DWHH != nil {
		sum.addTranspose(&p.turned, l.DWHH, l.In, h, 4*h)
	}
	for _, d := range [...][]T{l.DBIH, l.DBHH} {
		if d != nil {
			sum.addTranspose(&p.turned, d, l.In+h, 1, 4*h)
		}
	}
}

// learns reports whether a gradient of weights is wanted.
func (l *LSTM[T]) learns() bool {
	return l.DWIH != nil || l.DWHH != nil || l.DBIH != nil || l.DBHH != nil
}

// backwardGroup does the parts of group i, one after the other.
func (l *LSTM[T]) backwardGroup(p *lstmPart[T], i int) {
	g := &l.groups[i]
	n := min(l.count(), lstmGroups)
	first, end := i*l.count()/n, (i+1)*l.count()/n
	learns := l.learns()
	if learns {
		g.sum.resize(l.In+l.Hidden+1, 4*l.Hidden)
		p.back.resize(min(lstmPartRows, len(l.Order))*l.slots(), 4*l.Hidden)
	}
	for q := first; q < end; q++ {
		from, order := l.part(q)
		_, after := l.part(min(q+1, end-1))
		l.backward(p, g, from, order, after, q > first)
	}
}

func (l *LSTM[T]) backward(p *lstmPart[T], g *lstmGroup[T], from int, order, after []int, more bool) {
	h, learns := l.Hidden, l.learns()
	for r, b := range order {
		last(p.h[r*h:(r+1)*h], l.DHN, b*h)
		last(p.c[r*h:(r+1)*h], l.DCN, b*h)
	}
	for s := len(l.Counts) - 1; s >= 0; s-- {
		n := l.active(s, from, len(order))
		for r, b := range order[:n] {
			row, place := l.at(b, s)
			dh := p.h[r*h : (r+1)*h]
			if l.DOut != nil {
				Accumulate(dh, l.DOut[place:place+h])
			}
			if l.DSteps != nil {
				Accumulate(dh, l.DSteps[b*l.Width:b*l.Width+h])
			}
			var before []T
			if s > 0 {
				before = l.before(b, s)
			}
			sums := p.sums[r*4*h : (r+1)*4*h]
			dz := sums
			if l.DGates != nil {
				dz = l.DGates[row*4*h : (row+1)*4*h]
			}
			next := l.Gates[l.next(row, -1, len(l.Gates)/(4*h))*4*h:]
			lstmRowGrad(dz, next, sums, p.c[r*h:(r+1)*h], dh, l.Gates[row*4*h:(row+1)*4*h], before, l.C[row*h:(row+1)*h])
		}
		if learns {
			l.keep(p, order[:n], s)
		}
		if s > 0 {
			l.packed.Mul(n, p.sums, 4*h, p.h, h, false)
		}
		if learns && n > 0 && s%lstmSteps == 0 {
			l.addWeights(p, g, order[:n], after, s, more)
			more = true
		}
	}
}

// keep puts the gradient of the gates of step s where the block's stand.
func (l *LSTM[T]) keep(p *lstmPart[T], order []int, s int) {
	slots, width := l.slots(), 4*l.Hidden
	for r := 0; r < len(order); {
		n, slot := 1, l.slot(order[r], s)
		for r+n < len(order) && l.slot(order[r+n], s) == slot {
			n++
		}
		p.back.setRows(r*slots+slot, slots, n, p.sums[r*width:], width)
		r += n
	}
}

// addWeights adds the products of the gradient of the gates of the steps from s on to the sums of a
// group.
func (l *LSTM[T]) addWeights(p *lstmPart[T], g *lstmGroup[T], order, after []int, s int, more bool) {
	// One product for all weights of a direction: inputs, state and ones below one another, [rows ×
	// 4H].
	h := l.Hidden
	for len(p.outer) < len(l.X)+2 {
		p.outer = append(p.outer, outerSum[T]{})
	}
	sums := p.outer[:len(l.X)+2]
	row := 0
	for i, x := range l.X {
		sums[i].at, sums[i].m = row, x.N
		row += x.N
	}
	recurrent, bias := &sums[len(l.X)], &sums[len(l.X)+1]
	recurrent.at, recurrent.m = row, h
	bias.at, bias.m = row+h, 1
	for i := range sums {
		sums[i].pieces = sums[i].pieces[:0]
	}
	for r, b := range order {
		first, n := l.span(b, s)
		// The sequence's last steps belong to the block before, see span.
		if n == 0 {
			continue
		}
		dz := r * l.slots()
		// What is needed next is fetched during this product: the block before in time, or the next
		// sequence's last one.
		c, then := b, s-lstmSteps // the block that comes next
		if s == 0 {
			then = -1
			if r < len(after) {
				c = after[r]
				then = (l.Lengths[c] - 1) / lstmSteps * lstmSteps
				// The last block of a sequence takes a short rest with it (lstmMore).
				if then > 0 && l.Lengths[c]-then <= lstmMore {
					then -= lstmSteps
				}
			}
		}
		f, m := 0, 0
		if then >= 0 {
			f, m = l.span(c, then)
		}
		for i, x := range l.X {
			sums[i].pieces = append(sums[i].pieces, outerPiece[T]{n, x.X[(l.First[b]+first)*x.N:], x.N, dz, x.X[(l.First[c]+f)*x.N : (l.First[c]+f+m)*x.N]})
		}
		row := l.Start[c] + f
		bias.pieces = append(bias.pieces, outerPiece[T]{n, oneOf[T](), 0, dz, l.C[row*h : (row+m)*h]})
		// The state before a step is the output of the step before; zeros before the first.
		before := first - 1
		// Backward in time, the step before is the one behind.
		if l.Reverse {
			before = first + 1
		}
		// The first step has the initial state, whose products are not of the outputs.
		if s == 0 {
			if n--; n == 0 {
				continue
			}
			if !l.Reverse {
				before, dz = before+1, dz+1
			}
		}
		recurrent.pieces = append(recurrent.pieces, outerPiece[T]{n, l.Out[l.Place[b]+before*l.Width:], l.Width, dz, l.Gates[row*4*h : (row+m)*4*h]})
	}
	addOuter(sums, 4*h, &p.back, &g.sum, more)
}

// oneOf is a one.
func oneOf[T Float]() []T {
	if one, ok := any(one32[:]).([]T); ok {
		return one
	}
	return any(one64[:]).([]T)
}

var (
	one32 = [1]float32{1}
	one64 = [1]float64{1}
)

// InputGrad adds the gradients of the columns of X to dx, those that are not nil, after Backward.
func (l *LSTM[T]) InputGrad(dx [][]T) {
	h := 4 * l.Hidden
	if len(l.Order) == 0 || h == 0 {
		return
	}
	for len(l.inputs) < len(l.X) {
		l.inputs = append(l.inputs, Packed[T]{})
	}
	at := 0
	for i, x := range l.X {
		if dx[i] != nil && x.N > 0 {
			l.inputs[i].Pack(false, x.N, h, l.WIH[at:], l.In)
		}
		at += x.N
	}
	l.dx = dx
	l.do(lstmInputGrad, l.count())
	l.dx = nil
}

// inputGrad does some sequences.
func (l *LSTM[T]) inputGrad(order []int) {
	h := 4 * l.Hidden
	for _, b := range order {
		for i, x := range l.X {
			if l.dx[i] != nil && x.N > 0 {
				l.inputs[i].Mul(l.Lengths[b], l.DGates[l.Start[b]*h:], h, l.dx[i][l.First[b]*x.N:], x.N, true)
			}
		}
	}
}

// last copies a state's gradient, or zeros if there is none.
func last[T Float](dst, src []T, at int) {
	if src == nil {
		clear(dst)
		return
	}
	copy(dst, src[at:])
}

// lstmRowGrad is LSTMCellGrad for one row, with a second copy of dz. next are the gates that come
// next.
func lstmRowGrad[T Float](dz, next, dz2, dc, dh, gates, c0, c []T) {
	if v := vectors[T](); v != nil && (c0 != nil || len(dh) <= len(zeroRow)) {
		n, prev := len(dh), &zeroRow[0]
		if c0 != nil {
			prev = at(c0[:n])
		}
		v.vlstmback(n, at(dz[:4*n]), at(dz2[:4*n]), at(dc[:n]), at(dh), at(gates[:4*n]), prev, at(c[:n]), at(next))
		return
	}
	LSTMCellGrad(dz2, dc, dh, gates, c0, c, 1, len(dh))
	copy(dz, dz2)
}
