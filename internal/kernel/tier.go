package kernel

// Tier is an instruction set that kernels are written for.
type Tier uint8

// The tiers, slowest first. A CPU that has one has all before it.
const (
	Plain  Tier = iota // Go only
	AVX2               // AVX2 and FMA
	AVX512             // AVX-512 F, BW, DQ and VL
)

// String names the tier, as `fusor version` and `fusor bench --json` do.
func (t Tier) String() string { return [...]string{"go", "avx2", "avx512"}[t] }

var (
	best   = detectTier() // what this CPU has
	active = best         // what is used
)

// ActiveTier is the tier that float32 kernels use.
func ActiveTier() Tier { return active }

// BestTier is the tier that kernels use unless they are told otherwise: the best that this CPU has.
func BestTier() Tier { return best }

// ParseTier returns the tier of a name.
func ParseTier(name string) (Tier, bool) {
	for t := Plain; t <= AVX512; t++ {
		if t.String() == name {
			return t, true
		}
	}
	return Plain, false
}

// SetTier makes kernels use t and reports whether this CPU has it; else nothing changes. Results of
// two tiers differ in their last bits, so it belongs before all work, from one goroutine.
func SetTier(t Tier) bool {
	if t > best {
		return false
	}
	active = t
	return true
}
