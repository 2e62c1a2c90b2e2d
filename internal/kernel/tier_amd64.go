//go:build !purego

package kernel

import "golang.org/x/sys/cpu"

func detectTier() Tier {
	switch x := &cpu.X86; {
	case !x.HasAVX2 || !x.HasFMA:
		return Plain
	case !x.HasAVX512F || !x.HasAVX512BW || !x.HasAVX512DQ || !x.HasAVX512VL || !x.HasBMI2:
		return AVX2
	}
	return AVX512
}
