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

// setTier makes kernels use t, which the CPU must have; tests call it.
func setTier(t Tier) { active = min(t, best) }
