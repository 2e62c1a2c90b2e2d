package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/fusor-ml/fusor/internal/kernel/ref"
)

// newLSTM is an LSTM with random weights and gradients for sequences of the given lengths of at
// most steps.
func newLSTM[T Float](rng *rand.Rand, in, h, steps int, lengths []int, reverse bool) *LSTM[T] {
	some := func(n int, scale float64) []T {
		x := make([]T, n)
		for i := range x {
			x[i] = T(float32(rng.NormFloat64() * scale))
		}
		return x
	}
	batch, rows := len(lengths), 0
	l := &LSTM[T]{In: in, Hidden: h, Reverse: reverse, Lengths: lengths, Width: h + 3, Workers: 1}
	for b, n := range lengths {
		l.Start = append(l.Start, rows)
		l.First = append(l.First, b*steps)
		l.Place = append(l.Place, b*steps*l.Width+1)
		rows += n
		if n > 0 {
			l.Order = append(l.Order, b)
		}
	}
	slices.SortStableFunc(l.Order, func(a, b int) int { return lengths[b] - lengths[a] })
	for s := range slices.Max(lengths) {
		n := 0
		for _, b := range l.Order {
			if lengths[b] > s {
				n++
			}
		}
		l.Counts = append(l.Counts, n)
	}
	// The columns of X stand in up to three places.
	for _, n := range []int{in / 2, in/2 - in/4, in - in/2 - (in/2 - in/4)} {
		if n > 0 {
			l.X = append(l.X, Columns[T]{some(batch*steps*n, 1), n})
		}
	}
	l.WIH, l.WHH, l.BIH, l.BHH = some(4*h*in, 0.3), some(4*h*h, 0.3), some(4*h, 0.1), some(4*h, 0.1)
	size := batch*steps*l.Width + 1
	l.Out, l.HN, l.CN = make([]T, size), make([]T, batch*h), make([]T, batch*h)
	l.Gates, l.DGates = make([]T, rows*4*h), make([]T, rows*4*h)
	l.C = make([]T, rows*h)
	l.DOut, l.DHN, l.DCN = some(size, 1), some(batch*h, 1), some(batch*h, 1)
	l.DSteps = some(batch*l.Width, 1)
	l.DWIH, l.DWHH, l.DBIH, l.DBHH = make([]T, 4*h*in), make([]T, 4*h*h), make([]T, 4*h), make([]T, 4*h)
	return l
}

// plainLSTM is the definition: one sequence after the other, step by step, with the reference cell.
func plainLSTM(l *LSTM[float64]) (out, hn, cn []float64, dx [][]float64) {
	h, in := l.Hidden, l.In
	out, hn, cn, dx = make([]float64, len(l.Out)), make([]float64, len(l.HN)), make([]float64, len(l.CN)), newDX(l)
	for b, n := range l.Lengths {
		gates, cs, hs := make([][]float64, n), make([][]float64, n+1), make([][]float64, n+1)
		cs[0], hs[0] = make([]float64, h), make([]float64, h)
		x := func(s int) (int, []float64) {
			row, place := l.at(b, s)
			row += l.First[b] - l.Start[b]
			var x []float64
			for _, c := range l.X {
				x = append(x, c.X[row*c.N:(row+1)*c.N]...)
			}
			return place, x
		}
		for s := range n {
			place, xs := x(s)
			gates[s], cs[s+1], hs[s+1] = make([]float64, 4*h), make([]float64, h), make([]float64, h)
			ref.Add(gates[s], l.BIH, l.BHH)
			RefGemm(false, true, 1, 4*h, in, xs, in, l.WIH, in, gates[s], 4*h, true)
			RefGemm(false, true, 1, 4*h, h, hs[s], h, l.WHH, h, gates[s], 4*h, true)
			ref.LSTMCell(gates[s], cs[s], cs[s+1], hs[s+1], 1, h)
			copy(out[place:], hs[s+1])
		}
		copy(hn[b*h:], hs[n])
		copy(cn[b*h:], cs[n])
		dh, dc, dz := slices.Clone(l.DHN[b*h:(b+1)*h]), slices.Clone(l.DCN[b*h:(b+1)*h]), make([]float64, 4*h)
		for s := n - 1; s >= 0; s-- {
			row, _ := l.at(b, s)
			place, xs := x(s)
			ref.Accumulate(dh, l.DOut[place:place+h])
			ref.Accumulate(dh, l.DSteps[b*l.Width:b*l.Width+h])
			ref.LSTMCellGrad(dz, dc, dh, gates[s], cs[s], cs[s+1], 1, h)
			RefGemm(true, false, 4*h, in, 1, dz, 4*h, xs, in, l.DWIH, in, true)
			RefGemm(true, false, 4*h, h, 1, dz, 4*h, hs[s], h, l.DWHH, h, true)
			ref.Accumulate(l.DBIH, dz)
			ref.Accumulate(l.DBHH, dz)
			row += l.First[b] - l.Start[b]
			at := 0
			for i, c := range l.X {
				RefGemm(false, false, 1, c.N, 4*h, dz, 4*h, l.WIH[at:], in, dx[i][row*c.N:], c.N, true)
				at += c.N
			}
			RefGemm(false, false, 1, h, 4*h, dz, 4*h, l.WHH, h, dh, h, false)
		}
	}
	return out, hn, cn, dx
}

// newDX is room for the gradients of the columns of X.
func newDX[T Float](l *LSTM[T]) (dx [][]T) {
	for _, c := range l.X {
		dx = append(dx, make([]T, len(c.X)))
	}
	return dx
}

func TestLSTM(t *testing.T) {
	lengthsOf := [][]int{{1}, {3}, {4, 4, 4}, {2, 0, 5, 1, 5}, make([]int, 70), {30, 28, 27, 12, 16, 17, 1}}
	for b := range lengthsOf[4] {
		lengthsOf[4][b] = b % 6
	}
	eachTier(t, func(t *testing.T) {
		for _, lengths := range lengthsOf {
			for _, size := range [][2]int{{1, 1}, {5, 3}, {7, 16}, {20, 21}, {600, 2}} {
				for _, reverse := range []bool{false, true} {
					steps := max(6, lengths[0])
					wide := newLSTM[float64](rand.New(rand.NewPCG(1, 2)), size[0], size[1], steps, lengths, reverse)
					l := newLSTM[float32](rand.New(rand.NewPCG(1, 2)), size[0], size[1], steps, lengths, reverse)
					l.Workers = 2
					out, hn, cn, dx := plainLSTM(wide)
					l.Forward()
					l.Backward()
					got := newDX(l)
					l.InputGrad(got)
					for _, c := range []struct {
						name string
						got  []float32
						want []float64
					}{
						{"out", l.Out, out},
						{"hn", l.HN, hn},
						{"cn", l.CN, cn},
						{"dx", slices.Concat(got...), slices.Concat(dx...)},
						{"weight_ih", l.DWIH, wide.DWIH},
						{"weight_hh", l.DWHH, wide.DWHH},
						{"bias_ih", l.DBIH, wide.DBIH},
						{"bias_hh", l.DBHH, wide.DBHH},
					} {
						scale := 1e-3
						for _, w := range c.want {
							scale = max(scale, math.Abs(w))
						}
						for i, w := range c.want {
							if d := math.Abs(float64(c.got[i]) - w); !(d <= 1e-5*scale) {
								t.Fatalf("lengths %v in %d hidden %d reverse %v: %s[%d] is %v, want %v", lengths, size[0], size[1], reverse, c.name, i, c.got[i], w)
							}
						}
					}
				}
			}
		}
	})
}

// TestLSTMWorkers holds that workers do not change a bit and that a steady step takes no memory.
func TestLSTMWorkers(t *testing.T) {
	lengths := make([]int, 150)
	for b := range lengths {
		lengths[b] = 1 + b%9
	}
	one := newLSTM[float32](rand.New(rand.NewPCG(1, 2)), 33, 20, 9, lengths, false)
	two := newLSTM[float32](rand.New(rand.NewPCG(1, 2)), 33, 20, 9, lengths, false)
	two.Workers = 3
	for _, l := range []*LSTM[float32]{one, two} {
		l.Forward()
		l.Backward()
	}
	for i, w := range one.DWIH {
		if two.DWIH[i] != w {
			t.Fatalf("weight_ih[%d] is %v with several workers, %v with one", i, two.DWIH[i], w)
		}
	}
	if !slices.Equal(one.Out, two.Out) || !slices.Equal(one.DWHH, two.DWHH) || !slices.Equal(one.DBIH, two.DBIH) {
		t.Fatal("workers change the result")
	}
	if n := testing.AllocsPerRun(5, func() { two.Forward(); two.Backward() }); n != 0 {
		t.Fatalf("%v allocations a step", n)
	}
}

// BenchmarkLSTM is one direction of the cases bilstm and bilstm_large of the benchmark.
func BenchmarkLSTM(b *testing.B) {
	for _, h := range []int{64, 128} {
		for _, batch := range []int{1, 32, 256} {
			lengths := make([]int, batch)
			for i := range lengths {
				lengths[i] = 50
			}
			l := newLSTM[float32](rand.New(rand.NewPCG(1, 2)), 421, h, 50, lengths, false)
			products := 2 * float64(batch*50*4*h)
			for _, c := range []struct {
				name string
				run  func()
				work float64
			}{{"forward", l.Forward, products * float64(421+h)}, {"backward", l.Backward, products * float64(421+2*h)}} {
				b.Run(fmt.Sprintf("%d/%d/%s", h, batch, c.name), func(b *testing.B) {
					for b.Loop() {
						c.run()
					}
					b.ReportMetric(c.work*float64(b.N)/float64(b.Elapsed().Nanoseconds()), "GFLOP/s")
				})
			}
		}
	}
}
