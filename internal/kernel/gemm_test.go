package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"testing"
	"time"
)

// eachTier runs f once for every tier of this CPU and fails if one was left out.
func eachTier(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	ran := map[Tier]bool{}
	for tier := Plain; tier <= best; tier++ {
		t.Run(tier.String(), func(t *testing.T) {
			SetTier(tier)
			defer SetTier(best)
			f(t)
			ran[active] = true
		})
	}
	for tier := Plain; tier <= best; tier++ {
		if !ran[tier] && !t.Failed() {
			t.Errorf("tier %v of this CPU was not tested", tier)
		}
	}
}

// TestTierOfCPU holds that start-up found what the kernel of the operating system states the CPU
// has.
func TestTierOfCPU(t *testing.T) {
	if want := os.Getenv("FUSOR_TIER"); want != "" && want != best.String() {
		t.Fatalf("tier %v was chosen, want %s", best, want)
	}
}

func randoms(rng *rand.Rand, n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(rng.NormFloat64())
	}
	return x
}

// gemmCase multiplies with strides of its own and checks against float64, and that nothing beside C
// is written.
func gemmCase(t *testing.T, rng *rand.Rand, workers int, tA, tB, acc bool, m, n, k int) {
	t.Helper()
	pad := rng.IntN(3)
	ac, bc := k, n
	ar, br := m, k
	if tA {
		ar, ac = k, m
	}
	if tB {
		br, bc = n, k
	}
	lda, ldb, ldc := ac+pad, bc+rng.IntN(3), n+rng.IntN(3)
	a, b := randoms(rng, max(0, (ar-1)*lda+ac)), randoms(rng, max(0, (br-1)*ldb+bc))
	c := randoms(rng, m*ldc+40)
	want := make([]float64, len(c))
	scale := make([]float64, len(c)) // Σ|a b|, which bounds the rounding error
	for i := range c {
		want[i] = float64(c[i])
	}
	for i := range m {
		for j := range n {
			s, z := 0.0, 0.0
			if acc {
				s = want[i*ldc+j]
				z = math.Abs(s)
			}
			for p := range k {
				x, y := i*lda+p, p*ldb+j
				if tA {
					x = p*lda + i
				}
				if tB {
					y = j*ldb + p
				}
				s += float64(a[x]) * float64(b[y])
				z += math.Abs(float64(a[x]) * float64(b[y]))
			}
			want[i*ldc+j], scale[i*ldc+j] = s, z
		}
	}
	end := (m-1)*ldc + n
	GemmWorkers(workers, tA, tB, m, n, k, a, lda, b, ldb, c[:end], ldc, acc)
	for i := range c {
		if d := math.Abs(float64(c[i]) - want[i]); !(d <= 2e-6*scale[i]) {
			t.Fatalf("tA=%v tB=%v acc=%v m=%d n=%d k=%d ldc=%d: C[%d,%d] = %v, want %v", tA, tB, acc, m, n, k, ldc, i/ldc, i%ldc, c[i], want[i])
		}
	}
}

func TestGemmSmall(t *testing.T) {
	eachTier(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(1, 2))
		for _, m := range []int{1, 2, 3, 4, 5, 6, 7, 9, 11, 12, 13, 25} {
			for _, n := range []int{1, 2, 7, 8, 9, 15, 16, 17, 31, 32, 33, 47, 65} {
				for _, k := range []int{0, 1, 3, 4, 7} {
					for f := range 8 {
						gemmCase(t, rng, 1, f&1 != 0, f&2 != 0, f&4 != 0, m, n, k)
					}
				}
			}
		}
	})
}

func TestGemmLarge(t *testing.T) {
	skipLong(t)
	eachTier(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(3, 4))
		for _, s := range [][3]int{{100, 70, 400}, {33, 1030, 10}, {260, 33, 30}, {1, 300, 513}, {3, 77, 590}, {97, 129, 57}, {40, 256, 512}} {
			for f := range 8 {
				gemmCase(t, rng, 1+f%3, f&1 != 0, f&2 != 0, f&4 != 0, s[0], s[1], s[2])
			}
		}
	})
}

// skipLong skips what one goroutine computes for long where tests are to be short, as with the race
// detector, which slows the plain loops by 25 times.
func skipLong(t *testing.T) {
	if testing.Short() {
		t.Skip("long, on one goroutine")
	}
}

// partition is a product with its operands, large enough to be divided in each direction.
type partition struct {
	tA, tB   bool
	m, n, k  int
	a, b     []float32
	lda, ldb int
	want     []float32
}

// eachPartition calls f for every way in which the operands may lie.
func eachPartition(t *testing.T, f func(t *testing.T, p *partition)) {
	eachTier(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(5, 6))
		for flags := range 4 {
			p := &partition{tA: flags&1 != 0, tB: flags&2 != 0, m: 150, n: 170, k: 600}
			p.a, p.b = randoms(rng, p.m*p.k), randoms(rng, p.k*p.n)
			p.lda, p.ldb = p.k, p.n
			if p.tA {
				p.lda = p.m
			}
			if p.tB {
				p.ldb = p.k
			}
			p.want = make([]float32, p.m*p.n)
			Gemm(p.tA, p.tB, p.m, p.n, p.k, p.a, p.lda, p.b, p.ldb, p.want, p.n, false)
			f(t, p)
		}
	})
}

// check holds that got has the bits of the whole product.
func (p *partition) check(t *testing.T, what string, got []float32) {
	t.Helper()
	for i := range got {
		if math.Float32bits(got[i]) != math.Float32bits(p.want[i]) {
			t.Fatalf("tA=%v tB=%v %s: element %d is %v, alone %v", p.tA, p.tB, what, i, got[i], p.want[i])
		}
	}
}

// TestGemmWorkers holds that the number of workers does not change a bit.
func TestGemmWorkers(t *testing.T) {
	eachPartition(t, func(t *testing.T, p *partition) {
		got := make([]float32, p.m*p.n)
		for _, w := range []int{2, 3, 7} {
			GemmWorkers(w, p.tA, p.tB, p.m, p.n, p.k, p.a, p.lda, p.b, p.ldb, got, p.n, false)
			p.check(t, fmt.Sprint(w, " workers"), got)
		}
	})
}

// TestGemmPartition holds that the rows and columns computed together do not change a bit.
func TestGemmPartition(t *testing.T) {
	skipLong(t)
	eachPartition(t, func(t *testing.T, p *partition) {
		got := make([]float32, p.m*p.n)
		for _, step := range []int{1, 2, 3, 5, 40} {
			clear(got)
			for i := 0; i < p.m; i += step {
				from := p.a[min(i*p.lda, len(p.a)):]
				if p.tA {
					from = p.a[i:]
				}
				Gemm(p.tA, p.tB, min(step, p.m-i), p.n, p.k, from, p.lda, p.b, p.ldb, got[i*p.n:], p.n, false)
			}
			p.check(t, fmt.Sprint(step, " rows at a time"), got)
			clear(got)
			for j := 0; j < p.n; j += step {
				from := p.b[j:]
				if p.tB {
					from = p.b[j*p.ldb:]
				}
				Gemm(p.tA, p.tB, p.m, min(step, p.n-j), p.k, p.a, p.lda, from, p.ldb, got[j:], p.n, false)
			}
			p.check(t, fmt.Sprint(step, " columns at a time"), got)
		}
	})
}

// TestPacked holds that a packed matrix yields the bits of Gemm.
func TestPacked(t *testing.T) {
	eachTier(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(13, 14))
		var p Packed[float32]
		for _, n := range []int{1, 15, 16, 33, 70, 1100} {
			for _, k := range []int{1, 5, 64, 590} {
				for _, tB := range []bool{false, true} {
					rows, ldb := k, n+2
					if tB {
						rows, ldb = n, k+2
					}
					b := randoms(rng, rows*ldb)
					p.Pack(tB, n, k, b, ldb)
					for _, m := range []int{0, 1, 2, 4, 5, 14} {
						a := randoms(rng, m*k)
						want := randoms(rng, m*n)
						got := append([]float32(nil), want...)
						Gemm(false, tB, m, n, k, a, k, b, ldb, want, n, true)
						p.Mul(m, a, k, got, n, true)
						for i := range got {
							if got[i] != want[i] {
								t.Fatalf("n=%d k=%d tB=%v m=%d: element %d is %v, want %v", n, k, tB, m, i, got[i], want[i])
							}
						}
					}
				}
			}
		}
	})
}

func TestGemmDoesNotAllocate(t *testing.T) {
	a, b, c := make([]float32, 200*200), make([]float32, 200*200), make([]float32, 200*200)
	if got := testing.AllocsPerRun(20, func() {
		GemmWorkers(2, false, true, 200, 200, 200, a, 200, b, 200, c, 200, false)
	}); got != 0 {
		t.Fatalf("%v allocations a call", got)
	}
}

// BenchmarkGemm reports the best of its runs as well, since a shared machine makes means unsteady.
func BenchmarkGemm(b *testing.B) {
	for _, s := range [][3]int{
		{64, 64, 64},
		{256, 256, 256},
		{512, 512, 512},
		{1024, 1024, 1024},
		{32, 128, 300},
		{256, 128, 300},
		{32, 256, 64},
		{1, 128, 300},
		{1, 256, 64},
		{1600, 256, 421},
		{256, 421, 1600},
		{1600, 421, 256},
		{256, 2, 64},
		{256, 64, 2},
		{2, 64, 256},
	} {
		m, n, k := s[0], s[1], s[2]
		x, y, z := make([]float32, m*k), make([]float32, k*n), make([]float32, m*n)
		for f := range 4 {
			tA, tB := f&1 != 0, f&2 != 0
			lda, ldb := k, n
			if tA {
				lda = m
			}
			if tB {
				ldb = k
			}
			b.Run(fmt.Sprintf("%dx%dx%d/%c%c", m, n, k, "NT"[f&1], "NT"[f>>1]), func(b *testing.B) {
				repeat := 1 + 1<<18/(m*n*k) // so that the clock does not count
				least := time.Duration(math.MaxInt64)
				for b.Loop() {
					start := time.Now()
					for range repeat {
						Gemm(tA, tB, m, n, k, x, lda, y, ldb, z, n, false)
					}
					least = min(least, time.Since(start))
				}
				work := 2 * float64(m) * float64(n) * float64(k) * float64(repeat)
				b.ReportMetric(work*float64(b.N)/float64(b.Elapsed().Nanoseconds()), "GFLOP/s")
				b.ReportMetric(work/float64(least.Nanoseconds()), "best-GFLOP/s")
			})
		}
	}
}
