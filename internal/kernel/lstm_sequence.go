package kernel

import "github.com/fusor-ml/fusor/internal/buffer"

// LSTM runs one direction of one LSTM layer over whole sequences of a batch. The input product is
// done for many steps of a sequence at once, the recurrent weights are laid out once for all steps,
// gates are activated where they are summed, and the gradients of the weights are summed while the
// gradients of the gates are still in the cache.
//
// Only valid steps are worked on. In what the LSTM keeps they stand as N rows, sequence after
// sequence: step t of sequence b is row Start[b] + t. The caller yields all memory; none is taken
// in the steady state.
type LSTM[T Float] struct {
	In, Hidden int
	Reverse    bool  // from the last valid step to the first
	Order      []int // the sequences of at least one step, longest first
	Counts     []int // for each step how many of Order have it
	Lengths    []int // by sequence
	Start      []int // by sequence: its first row of N
	First      []int // by sequence: its first row in X
	Place      []int // by sequence: where its first step is in Out and DOut
	Width      int   // distance of steps in Out and DOut

	X                  []Columns[T] // In columns together, stored side by side or apart
	WIH, WHH, BIH, BHH []T          // [4·Hidden, In] [4·Hidden, Hidden] [4·Hidden] twice; gates i, f, g, o
	Out                []T          // gets Hidden outputs at Place[b] + t·Width; Backward reads them
	HN, CN             []T          // [batch, Hidden], get the last states; those of empty sequences stay

	// Weights that the caller has laid out, or nil: the transposes of WIH and WHH.
	Input, Recurrent *Packed[T]

	// What Forward leaves for Backward. Both nil: no way back, and little memory.
	Gates []T // [N, 4·Hidden]
	C     []T // [N, Hidden]

	// For Backward. DOut, DSteps, DHN and DCN are nil for zeros; the gradients of weights are added
	// to, or nil if unwanted.
	DOut                   []T // as Out
	DSteps                 []T // [batch, Width]: what each step of Out gets beside that
	DHN, DCN               []T
	DGates                 []T // [N, 4·Hidden], gets the gradient of the sums for InputGrad; may be Gates; nil if unwanted
	DWIH, DWHH, DBIH, DBHH []T

	Workers int

	job    lstmJob
	packed Packed[T] // recurrent weights
	input  Packed[T] // weights of the input
	bias   []T
	parts  []lstmPart[T]         // one for each job of a Do
	spare  freeList[lstmPart[T]] // of jobs that leave nothing, so one for each worker
	groups []lstmGroup[T]
	dx     [][]T
	inputs []Packed[T] // weights of the input by columns of X, for its gradient
}

// lstmJob describes what Run does.
type lstmJob int

const (
	lstmForward lstmJob = iota
	lstmBackward
	lstmInputGrad
)

// lstmPart is the memory of some sequences, which go through the steps together: their states or
// the gradients of those, the sums of gates, the gates of some steps, and what is to be multiplied.
type lstmPart[T Float] struct {
	h, c, sums, gates []T
	runs              []rowRun[T]
	room              []gemmPiece
	outer             []outerSum[T]
	back              panelled[T] // the gradient of the gates of some steps
	turned            []T
}

// lstmPartRows is how many sequences go together: enough for good products, few enough for the
// caches.
const lstmPartRows = 32

// The input product is done for lstmSteps steps at once, the rows of a tile: then the gates of a
// part stay in the second-level cache until they are used. Up to lstmMore steps at the end of a
// sequence are done with those before.
const (
	lstmSteps = 12
	lstmMore  = 4
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
	l.bias = buffer.Grow(l.bias, 4*h)
	Add(l.bias, l.BIH, l.BHH)
	l.do(lstmForward, l.count())
}

// do does n jobs of a kind.
func (l *LSTM[T]) do(job lstmJob, n int) {
	l.job = job
	for !l.leavesNothing() && len(l.parts) < n {
		l.parts = append(l.parts, lstmPart[T]{})
	}
	Do(l.Workers, n, l)
}

// count is the number of parts.
func (l *LSTM[T]) count() int { return (len(l.Order) + lstmPartRows - 1) / lstmPartRows }

// leavesNothing reports whether there is no way back.
func (l *LSTM[T]) leavesNothing() bool { return l.Gates == nil }

// Run does a part, or a group of parts on the way back; it is called by Do.
func (l *LSTM[T]) Run(i int) {
	var p *lstmPart[T]
	if l.leavesNothing() {
		p = l.spare.take()
		defer l.spare.give(p)
	} else {
		p = &l.parts[i]
	}
	rows, h := min(lstmPartRows, len(l.Order)), l.Hidden
	p.h, p.c, p.sums = buffer.Grow(p.h, rows*h), buffer.Grow(p.c, rows*h), buffer.Grow(p.sums, rows*4*h)
	switch l.job {
	case lstmForward:
		from, order := l.part(i)
		l.forward(p, from, order)
	case lstmBackward:
		l.backwardGroup(p, i)
	case lstmInputGrad:
		_, order := l.part(i)
		l.inputGrad(order)
	}
}

// part returns the sequences of part i and the place of the first in Order.
func (l *LSTM[T]) part(i int) (from int, order []int) {
	from = i * lstmPartRows
	return from, l.Order[from:min(from+lstmPartRows, len(l.Order))]
}

// at is the row of step s of sequence b, counted in the direction of work, and its place in Out.
func (l *LSTM[T]) at(b, s int) (row, place int) {
	if l.Reverse {
		s = l.Lengths[b] - 1 - s
	}
	return l.Start[b] + s, l.Place[b] + s*l.Width
}

// next is the row that comes so many steps of work after row, or row itself if there is none of
// rows.
func (l *LSTM[T]) next(row, steps, rows int) int {
	if l.Reverse {
		steps = -steps
	}
	if n := row + steps; n >= 0 && n < rows {
		return n
	}
	return row
}

// active is how many of a part's sequences have step s.
func (l *LSTM[T]) active(s, from, rows int) int { return min(max(l.Counts[s]-from, 0), rows) }

// span is the block of steps of sequence b that begins with step s of work: its first step and
// their number, in the order of time; none if they belong to the block before.
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

// slots is how many steps a block has at most.
func (l *LSTM[T]) slots() int { return min(len(l.Counts), lstmSteps+lstmMore) }

// slot is where step s of sequence b is in its block.
func (l *LSTM[T]) slot(b, s int) int {
	start := s - s%lstmSteps
	if start > 0 && l.Lengths[b]-start <= lstmMore {
		start -= lstmSteps
	}
	if !l.Reverse {
		return s - start
	}
	_, n := l.span(b, start)
	return start + n - 1 - s
}

// inputProduct multiplies the next steps of the sequences with the weights. What is one after the
// other is done together.
func (l *LSTM[T]) inputProduct(p *lstmPart[T], order []int, s int) {
	w, width := l.Input, 4*l.Hidden
	if w == nil {
		w = &l.input
	}
	runs := p.runs[:0]
	row, to := -1, -1 // behind the last run
	for r, b := range order {
		first, n := l.span(b, s)
		if n == 0 {
			continue
		}
		c, at := l.Gates, l.Start[b]+first
		if l.leavesNothing() {
			c, at = p.gates, r*l.slots()
		}
		if row == l.First[b]+first && to == at {
			runs[len(runs)-1].n += n
		} else {
			runs = append(runs, rowRun[T]{l.First[b] + first, n, c[at*width:]})
		}
		row, to = l.First[b]+first+n, at+n
	}
	done := len(runs)
	for _, b := range order[:min(len(order), gemmRuns/lstmSteps)] {
		if next := s + lstmSteps; next < l.Lengths[b] {
			first, n := l.span(b, next)
			runs = append(runs, rowRun[T]{l.First[b] + first, n, nil})
		}
	}
	w.mulColumns(&p.room, l.X, runs, len(runs)-done, width)
	p.runs = runs
}

func (l *LSTM[T]) forward(p *lstmPart[T], from int, order []int) {
	h, light, slots := l.Hidden, l.leavesNothing(), l.slots()
	w := l.Recurrent
	if w == nil {
		w = &l.packed
	}
	if light {
		p.gates = buffer.Grow(p.gates, len(order)*slots*4*h)
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
		}
		for r, b := range order[:n] {
			row, place := l.at(b, s)
			hr, c := p.h[r*h:(r+1)*h], p.c[r*h:(r+1)*h]
			before, gates := c, l.Gates
			if light {
				row, gates = r*slots+l.slot(b, s), p.gates
			} else {
				c = l.C[row*h : (row+1)*h]
				if s > 0 {
					before = l.before(b, s)
				}
			}
			next := gates[l.next(row, 1, len(gates)/(4*h))*4*h:]
			lstmRow(gates[row*4*h:(row+1)*4*h], next, p.sums[r*4*h:(r+1)*4*h], l.bias, before, c, hr, l.Out[place:place+h])
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

// lstmRow is LSTMCell for one row whose sums are z + r + b, with a second copy of h. next are the
// gates that come next.
func lstmRow[T Float](z, next, r, b, c0, c, h, h2 []T) {
	if v := vectors[T](); v != nil {
		n := len(h)
		v.vlstm(n, at(z[:4*n]), at(r[:4*n]), at(b[:4*n]), at(c0[:n]), at(c[:n]), at(h), at(h2[:n]), at(next))
		return
	}
	for i, x := range r {
		z[i] += x + b[i]
	}
	LSTMCell(z, c0, c, h, 1, len(h))
	copy(h2, h)
}
