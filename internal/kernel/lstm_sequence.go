package kernel

// LSTM runs one direction of one LSTM layer over whole sequences of a batch. The input product is done for many steps of
// a sequence at once, the recurrent weights are laid out once for all steps, gates are activated where they are summed,
// and the gradients of the weights are one product each over all steps.
//
// Only valid steps are worked on. They stand as N rows, sequence after sequence: step t of sequence b is row
// Start[b] + t. When all sequences are full, that is the order of x [batch, steps, in] itself. The caller gives all
// memory; none is taken in the steady state.
type LSTM[T Float] struct {
	In, Hidden int
	Reverse    bool  // from the last valid step to the first
	Order      []int // the sequences of at least one step, longest first
	Counts     []int // for each step how many of Order have it
	Lengths    []int // by sequence
	Start      []int // by sequence: its first row
	Place      []int // by sequence: where its first step stands in Out and DOut
	Width      int   // distance of steps in Out and DOut

	X                  []T // [N, In]
	WIH, WHH, BIH, BHH []T // [4·Hidden, In] [4·Hidden, Hidden] [4·Hidden] twice; gates i, f, g, o
	Out                []T // gets Hidden outputs at Place[b] + t·Width
	HN, CN             []T // [batch, Hidden], get the last states; those of empty sequences stay

	// Weights that the caller has laid out, or nil: the transposes of WIH and WHH.
	Input, Recurrent *Packed[T]

	// What Forward leaves for Backward; N rows each. All nil: no way back, and little memory.
	Gates          []T // [N, 4·Hidden]
	C, TanhC, Prev []T // [N, Hidden]

	// For Backward. DOut, DHN and DCN are nil for zeros; the gradients of weights are added to, or nil if unwanted.
	DOut, DHN, DCN         []T
	DGates                 []T // [N, 4·Hidden], gets the gradient of the sums; may be Gates
	DWIH, DWHH, DBIH, DBHH []T

	Workers int

	back   bool
	packed Packed[T] // recurrent weights
	input  Packed[T] // weights of the input
	bias   []T
	parts  []lstmPart[T]
	spare  freeList[lstmPart[T]] // of parts that leave nothing
}

// lstmPart is the memory of some sequences, which go through the steps together: states, sums of gates, the sum over all
// rows of the gradient of the sums, and, where nothing is left for the way back, the gates of some steps.
type lstmPart[T Float] struct{ h, c, sums, bias, gates, tanhC []T }

// lstmPartRows is how many sequences go together: enough for good products, few enough for the caches. It is the order of
// the bias's sum as well.
const lstmPartRows = 32

// The input product is done for lstmSteps steps at once: two tiles of a product, and the gates of a part stay in the
// second-level cache until they are used. Up to lstmMore steps at the end of a sequence are done with those before.
const (
	lstmSteps = 24
	lstmMore  = 8
)

// Forward computes Out, HN and CN.
func (l *LSTM[T]) Forward() {
	h := l.Hidden
	if len(l.Order) == 0 || h == 0 {
		return
	}
	if l.Input == nil {
		l.input.Pack(true, 4*h, l.In, l.WIH, l.In)
	}
	if l.Recurrent == nil {
		l.packed.Pack(true, 4*h, h, l.WHH, h)
	}
	l.bias = grow(l.bias, 4*h)
	Add(l.bias, l.BIH, l.BHH)
	l.run(false)
}

// Backward computes DGates and the gradients of the weights but DWIH.
func (l *LSTM[T]) Backward() {
	n, h := l.rows(), l.Hidden
	if len(l.Order) == 0 || h == 0 {
		return
	}
	l.packed.Pack(false, h, 4*h, l.WHH, h)
	l.run(true)
	if l.DWHH != nil {
		GemmWorkers(l.Workers, true, false, 4*h, h, n, l.DGates, 4*h, l.Prev, h, l.DWHH, h, true)
	}
	if l.DBIH == nil && l.DBHH == nil {
		return
	}
	l.bias = grow(l.bias, 4*h)
	clear(l.bias)
	for i := range l.count() {
		Accumulate(l.bias, l.parts[i].bias)
	}
	for _, d := range [...][]T{l.DBIH, l.DBHH} {
		if d != nil {
			Accumulate(d, l.bias)
		}
	}
}

// rows is the number of valid steps.
func (l *LSTM[T]) rows() int { return len(l.X) / max(l.In, 1) }

// InputWeightGrad adds to DWIH, after Backward.
func (l *LSTM[T]) InputWeightGrad() {
	if n, h := l.rows(), l.Hidden; l.DWIH != nil && len(l.Order) > 0 {
		GemmWorkers(l.Workers, true, false, 4*h, l.In, n, l.DGates, 4*h, l.X, l.In, l.DWIH, l.In, true)
	}
}

// InputWeightGradBoth does InputWeightGrad for two directions that read the same X: it is laid out once for both. The
// result is the same, bit for bit.
func InputWeightGradBoth[T Float](a, b *LSTM[T]) {
	if a.DWIH == nil || b.DWIH == nil || len(a.Order) == 0 || a.Hidden != b.Hidden {
		a.InputWeightGrad()
		b.InputWeightGrad()
		return
	}
	h := 4 * a.Hidden
	gemmTwin(a.Workers, h, a.In, a.rows(), [2][]T{a.DGates, b.DGates}, h, a.X, a.In, [2][]T{a.DWIH, b.DWIH}, a.In)
}

// InputGrad adds the gradient of X to dx [N, In], after Backward.
func (l *LSTM[T]) InputGrad(dx []T) {
	n, h := l.rows(), l.Hidden
	if len(l.Order) > 0 {
		GemmWorkers(l.Workers, false, false, n, l.In, 4*h, l.DGates, 4*h, l.WIH, l.In, dx, l.In, true)
	}
}

// run goes through the steps with all parts.
func (l *LSTM[T]) run(back bool) {
	l.back = back
	for !l.leavesNothing() && len(l.parts) < l.count() {
		l.parts = append(l.parts, lstmPart[T]{})
	}
	Do(l.Workers, l.count(), l)
}

// count is the number of parts.
func (l *LSTM[T]) count() int { return (len(l.Order) + lstmPartRows - 1) / lstmPartRows }

// leavesNothing reports whether there is no way back.
func (l *LSTM[T]) leavesNothing() bool { return l.Gates == nil }

// Run does part i; it is called by Do.
func (l *LSTM[T]) Run(i int) {
	var p *lstmPart[T]
	if l.leavesNothing() {
		p = l.spare.take()
		defer l.spare.give(p)
	} else {
		p = &l.parts[i]
	}
	h := l.Hidden
	from := i * lstmPartRows
	order := l.Order[from:min(from+lstmPartRows, len(l.Order))]
	p.h, p.c = grow(p.h, len(order)*h), grow(p.c, len(order)*h)
	p.sums, p.bias = grow(p.sums, len(order)*4*h), grow(p.bias, 4*h)
	if l.back {
		l.backward(p, from, order)
	} else {
		l.forward(p, from, order)
	}
}

// at is the row of step s of sequence b, counted in the direction of work, and its place in Out.
func (l *LSTM[T]) at(b, s int) (row, place int) {
	if l.Reverse {
		s = l.Lengths[b] - 1 - s
	}
	return l.Start[b] + s, l.Place[b] + s*l.Width
}

// active is how many of a part's sequences have step s.
func (l *LSTM[T]) active(s, from, rows int) int { return min(max(l.Counts[s]-from, 0), rows) }

// span is the part of sequence b, first step and number in the order of time, whose input product is done before step s
// of work; none if that was done with the steps before.
func (l *LSTM[T]) span(b, s int) (first, n int) {
	n = l.Lengths[b] - s
	if s > 0 && n <= lstmMore {
		return 0, 0
	}
	if n > lstmSteps+lstmMore {
		n = lstmSteps
	}
	if l.Reverse {
		return l.Lengths[b] - s - n, n
	}
	return s, n
}

// gates is where the gates of step s stand for the sequence b, the r-th of a part.
func (l *LSTM[T]) gates(p *lstmPart[T], r, b, s int) []T {
	width := 4 * l.Hidden
	row, _ := l.at(b, s)
	if l.leavesNothing() {
		start := s - s%lstmSteps
		if start > 0 && l.Lengths[b]-start <= lstmMore {
			start -= lstmSteps
		}
		first, _ := l.span(b, start)
		row += r*(lstmSteps+lstmMore) - l.Start[b] - first
		return p.gates[row*width : (row+1)*width]
	}
	return l.Gates[row*width : (row+1)*width]
}

// inputProduct multiplies the next steps of the sequences with the weights.
func (l *LSTM[T]) inputProduct(p *lstmPart[T], order []int, s int) {
	w := l.Input
	if w == nil {
		w = &l.input
	}
	for r, b := range order {
		first, n := l.span(b, s)
		if n == 0 {
			continue
		}
		row := l.Start[b] + first
		to := from(l.Gates, row*4*l.Hidden)
		if l.leavesNothing() {
			to = p.gates[r*(lstmSteps+lstmMore)*4*l.Hidden:]
		}
		w.Mul(n, l.X[row*l.In:], l.In, to, 4*l.Hidden, false)
	}
}

// from returns x from element i on, or nothing if x is shorter.
func from[T Float](x []T, i int) []T { return x[min(i, len(x)):] }

func (l *LSTM[T]) forward(p *lstmPart[T], from int, order []int) {
	h, light := l.Hidden, l.leavesNothing()
	w := l.Recurrent
	if w == nil {
		w = &l.packed
	}
	if light {
		p.gates, p.tanhC = grow(p.gates, len(order)*(lstmSteps+lstmMore)*4*h), grow(p.tanhC, h)
	}
	clear(p.c)
	for s := range l.Counts {
		n := l.active(s, from, len(order))
		if s%lstmSteps == 0 {
			l.inputProduct(p, order[:n], s)
		}
		if s > 0 {
			w.Mul(n, p.h, h, p.sums, 4*h, false)
		} else {
			clear(p.sums)
			clear(p.h)
		}
		for r, b := range order[:n] {
			row, place := l.at(b, s)
			hr := p.h[r*h : (r+1)*h]
			c, before, tanhC := p.c[r*h:(r+1)*h], p.c[r*h:(r+1)*h], p.tanhC
			if !light {
				copy(l.Prev[row*h:(row+1)*h], hr)
				c, tanhC = l.C[row*h:(row+1)*h], l.TanhC[row*h:(row+1)*h]
				if s > 0 {
					before = l.before(b, s)
				}
			}
			lstmRow(l.gates(p, r, b, s), p.sums[r*4*h:(r+1)*4*h], l.bias, before, c, tanhC, hr)
			copy(l.Out[place:place+h], hr)
			if s+1 == l.Lengths[b] {
				copy(l.HN[b*h:(b+1)*h], hr)
				copy(l.CN[b*h:(b+1)*h], c)
			}
		}
	}
}

// before is the cell state before step s > 0 of sequence b.
func (l *LSTM[T]) before(b, s int) []T {
	row, _ := l.at(b, s-1)
	return l.C[row*l.Hidden : (row+1)*l.Hidden]
}

func (l *LSTM[T]) backward(p *lstmPart[T], from int, order []int) {
	h := l.Hidden
	clear(p.bias)
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
			var before []T
			if s > 0 {
				before = l.before(b, s)
			}
			dz, sums := l.DGates[row*4*h:(row+1)*4*h], p.sums[r*4*h:(r+1)*4*h]
			lstmRowGrad(dz, sums, p.c[r*h:(r+1)*h], dh, l.Gates[row*4*h:(row+1)*4*h], before, l.TanhC[row*h:(row+1)*h])
		}
		ColSum(p.bias, p.sums[:n*4*h])
		if s > 0 {
			l.packed.Mul(n, p.sums, 4*h, p.h, h, false)
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

// lstmRow is LSTMCell for one row whose sums are z + r + b.
func lstmRow[T Float](z, r, b, c0, c, tanhC, h []T) {
	if v := vectors[T](); v != nil {
		n := len(h)
		v.vlstm(n, at(z[:4*n]), at(r[:4*n]), at(b[:4*n]), at(c0[:n]), at(c[:n]), at(tanhC[:n]), at(h))
		return
	}
	for i, x := range r {
		z[i] += x + b[i]
	}
	LSTMCell(z, c0, c, tanhC, h, 1, len(h))
}

// lstmRowGrad is LSTMCellGrad for one row, with a second copy of dz.
func lstmRowGrad[T Float](dz, dz2, dc, dh, gates, c0, tanhC []T) {
	if v := vectors[T](); v != nil && (c0 != nil || len(dh) <= len(zeroRow)) {
		n, prev := len(dh), &zeroRow[0]
		if c0 != nil {
			prev = at(c0[:n])
		}
		v.vlstmback(n, at(dz[:4*n]), at(dz2[:4*n]), at(dc[:n]), at(dh), at(gates[:4*n]), prev, at(tanhC[:n]))
		return
	}
	LSTMCellGrad(dz, dc, dh, gates, c0, tanhC, 1, len(dh))
	copy(dz2, dz)
}

// grow returns s with n elements of any content.
func grow[T Float](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}
