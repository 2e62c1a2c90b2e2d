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
	eachTier(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(3, 4))
		for _, s := range [][3]int{{100, 70, 400}, {33, 1030, 10}, {260, 33, 30}, {1, 300, 513}, {3, 77, 590}, {97, 129, 57}, {40, 256, 512}} {
			for f := range 8 {
				gemmCase(t, rng, 1+f%3, f&1 != 0, f&2 != 0, f&4 != 0, s[0], s[1], s[2])
			}
		}
	})
}

// TestGemmPartition holds that rows, columns and workers do not change a bit.
func TestGemmPartition(t *testing.T) {
	eachTier(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(5, 6))
		for f := range 4 {
			tA, tB := f&1 != 0, f&2 != 0
			m, n, k := 150, 170, 600
			a, b := randoms(rng, m*k), randoms(rng, k*n)
			lda, ldb := k, n
			if tA {
				lda = m
			}
			if tB {
				ldb = k
			}
			want := make([]float32, m*n)
			Gemm(tA, tB, m, n, k, a, lda, b, ldb, want, n, false)
			check := func(what string, got []float32) {
				for i := range got {
					if math.Float32bits(got[i]) != math.Float32bits(want[i]) {
						t.Fatalf("tA=%v tB=%v %s: element %d is %v, alone %v", tA, tB, what, i, got[i], want[i])
					}
				}
			}
			got := make([]float32, m*n)
			for _, w := range []int{2, 3, 7} {
				GemmWorkers(w, tA, tB, m, n, k, a, lda, b, ldb, got, n, false)
				check(fmt.Sprint(w, " workers"), got)
			}
			for _, step := range []int{1, 2, 3, 5, 40} {
				clear(got)
				for i := 0; i < m; i += step {
					from := a[min(i*lda, len(a)):]
					if tA {
						from = a[i:]
					}
					Gemm(tA, tB, min(step, m-i), n, k, from, lda, b, ldb, got[i*n:], n, false)
				}
				check(fmt.Sprint(step, " rows at a time"), got)
				clear(got)
				for j := 0; j < n; j += step {
					from := b[j:]
					if tB {
						from = b[j*ldb:]
					}
					Gemm(tA, tB, m, min(step, n-j), k, a, lda, from, ldb, got[j:], n, false)
				}
				check(fmt.Sprint(step, " columns at a time"), got)
			}
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
