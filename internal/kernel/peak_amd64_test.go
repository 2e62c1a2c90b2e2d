//go:build !purego

package kernel

import "testing"

// BenchmarkPeak measures a loop of multiply-adds on registers: the bound that products are held
// against.
func BenchmarkPeak(b *testing.B) {
	for tier := AVX2; tier <= best; tier++ {
		b.Run(tier.String(), func(b *testing.B) {
			const n = 10000
			run, lanes := peak256, 8.0
			if tier == AVX512 {
				run, lanes = peak512, 16
			}
			for b.Loop() {
				run(n)
			}
			b.ReportMetric(2*12*lanes*n*float64(b.N)/float64(b.Elapsed().Nanoseconds()), "GFLOP/s")
		})
	}
}
