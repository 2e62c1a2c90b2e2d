package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestMulColumns compares a product with a matrix whose columns stand apart with the product with
// the whole matrix: bit for bit where there is assembly.
func TestMulColumns(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	eachTier(t, func(t *testing.T) {
		for _, widths := range [][]int{{1}, {7, 0, 5}, {300, 74, 47}, {500, 3, 600}, {33}} {
			for _, n := range []int{1, 4, 31, 32, 40, 100} {
				k := 0
				for _, w := range widths {
					k += w
				}
				const rows, ldc = 70, 101
				whole, b := make([]float32, rows*k), make([]float32, n*k)
				xs := make([]Columns[float32], len(widths))
				at := 0
				for i, w := range widths {
					xs[i] = Columns[float32]{make([]float32, rows*w), w}
					for q := range xs[i].X {
						xs[i].X[q] = float32(rng.NormFloat64())
						whole[q/w*k+at+q%w] = xs[i].X[q]
					}
					at += w
				}
				for i := range b {
					b[i] = float32(rng.NormFloat64())
				}
				var p Packed[float32]
				p.Pack(true, n, k, b, k)
				got, want := make([]float32, rows*ldc), make([]float32, rows*ldc)
				var runs []rowRun[float32]
				for row := 0; row < rows-14; {
					m := 1 + row%14
					runs = append(runs, rowRun[float32]{row, m, got[row*ldc:]})
					p.Mul(m, whole[row*k:], k, want[row*ldc:], ldc, false)
					row += m + 1
				}
				var room []gemmPiece
				p.mulColumns(&room, xs, append(runs, runs[0]), 1, ldc)
				exact := ActiveTier() != Plain
				if !slices.EqualFunc(got, want, func(x, y float32) bool { return x == y || !exact && math.Abs(float64(x-y)) < 1e-3 }) {
					t.Fatalf("columns %v, n %d: the product differs", widths, n)
				}
			}
		}
	})
}

// TestAddOuter compares sums of outer products over pieces with their definition.
func TestAddOuter(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	some := func(n int) []float32 {
		x := make([]float32, n)
		for i := range x {
			x[i] = float32(rng.NormFloat64())
		}
		return x
	}
	eachTier(t, func(t *testing.T) {
		for _, n := range []int{4, 16, 20, 32, 52, 128} {
			for _, add := range []bool{false, true} {
				t.Run(fmt.Sprint(n, add), func(t *testing.T) {
					const rows = 40
					var b, c panelled[float32]
					b.resize(rows, n)
					plain := some(rows * n)
					for r := range rows { // the order is of no importance
						b.setRows(r, 1, 1, plain[r*n:], n)
					}
					sums := []outerSum[float32]{{at: 0, m: 14}, {at: 14, m: 1}, {at: 15, m: 25}, {at: 40, m: 3}}
					c.resize(43, n)
					copy(c.x, some(len(c.x)))
					want := make([]float64, 43*n)
					for i := range want {
						if add {
							want[i] = float64(c.panel(i % n / c.width * c.width)[i/n*c.width+i%n%c.width])
						}
					}
					for i := range sums[:3] {
						s := &sums[i]
						for _, rows := range [][2]int{{0, 12}, {13, 1}, {20, 20}} {
							p := outerPiece[float32]{k: rows[1], lda: s.m + i, row: rows[0]}
							if s.m == 1 {
								p.lda = 0
							}
							p.a = some((p.k-1)*p.lda + s.m)
							s.pieces = append(s.pieces, p)
							for r := range p.k {
								for x := range s.m {
									for y := range n {
										want[(s.at+x)*n+y] += float64(p.a[r*p.lda+x]) * float64(plain[(p.row+r)*n+y])
									}
								}
							}
						}
					}
					addOuter(sums, n, &b, &c, add)
					var room []float32
					got := make([]float32, n*43)
					c.addTranspose(&room, got, 0, 43, n)
					for i, w := range want {
						if d := float64(got[i%n*43+i/n]) - w; !(math.Abs(d) < 1e-4) {
							t.Fatalf("row %d, column %d is %v, want %v", i/n, i%n, got[i%n*43+i/n], w)
						}
					}
				})
			}
		}
	})
}
