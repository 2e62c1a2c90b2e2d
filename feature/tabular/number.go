package tabular

import (
	"math"
	"slices"

	"github.com/fusor-ml/fusor/feature"
)

const (
	// maxSample bounds the values that a field's rule is chosen on. Past it every
	// second, then every fourth … value is looked at.
	maxSample = 1 << 16
	quantiles = 101
	skewLimit = 2 // of an exponential distribution
)

// numberFit chooses between the standard, the log and the quantile scale.
type numberFit struct {
	sample
	absent int
}

var _ fieldFit = (*numberFit)(nil)

func (f *numberFit) fresh() fieldFit { return &numberFit{} }
func (f *numberFit) missing() *int   { return &f.absent }
func (f *numberFit) add(c cell)      { f.push(math.Float64frombits(c.bits())) }

func (f *numberFit) merge(other fieldFit) bool {
	g, ok := other.(*numberFit)
	if ok {
		f.join(&g.sample)
	}
	return ok
}

func (f *numberFit) state() fieldState {
	s := fieldState{Kind: "number", Scale: "standard"}
	x := f.sorted()
	mean, inv, skew := moments(x)
	s.Mean, s.Inverse = mean, inv
	s.Bins = newBins(x)
	if len(x) == 0 || math.Abs(skew) <= skewLimit || len(slices.Compact(slices.Clone(x))) <= 8 {
		return s
	}
	if x[0] >= 0 {
		y := make([]float64, len(x))
		for i, v := range x {
			y[i] = math.Log1p(v)
		}
		if m, i, sk := moments(y); math.Abs(sk) < math.Abs(skew)/2 {
			s.Scale, s.Mean, s.Inverse = "log", m, i
			return s
		}
	}
	s.Scale, s.Mean, s.Inverse = "quantile", 0, 0
	s.Quantiles = make(feature.Floats, quantiles)
	for i := range s.Quantiles {
		at := float64(i) / (quantiles - 1) * float64(len(x)-1)
		lo := int(at)
		hi := min(lo+1, len(x)-1)
		part := at - float64(lo)
		s.Quantiles[i] = float32(max(-math.MaxFloat32, min(math.MaxFloat32, x[lo]*(1-part)+x[hi]*part)))
	}
	return s
}

// number scales one value.
func (s *fieldState) number(v float64) float32 {
	switch s.Scale {
	case "quantile":
		return normalScore(s.Quantiles, v)
	case "log":
		v = math.Log1p(max(v, 0))
	}
	return clip((v - s.Mean) * s.Inverse)
}

func clip(z float64) float32 {
	if math.IsNaN(z) {
		return 0
	}
	return float32(max(-feature.ClipAt, min(feature.ClipAt, z)))
}

// normalScore is the value of a standard normal variable at the rank that v has
// among the quantiles q, in the middle of equal ones, within ±2.58 (ranks 0.005 to 0.995).
func normalScore(q []float32, v float64) float32 {
	x := float32(max(-math.MaxFloat32, min(math.MaxFloat32, v)))
	lo, _ := slices.BinarySearch(q, x)
	hi := lo
	for hi < len(q) && q[hi] == x {
		hi++
	}
	rank := 0.0
	switch {
	case hi > lo:
		rank = float64(lo+hi-1) / 2
	case lo == len(q):
		rank = float64(len(q) - 1)
	case lo > 0:
		rank = float64(lo-1) + (float64(x)-float64(q[lo-1]))/(float64(q[lo])-float64(q[lo-1]))
	}
	p := rank / float64(len(q)-1)
	return float32(math.Sqrt2 * math.Erfinv(2*max(0.005, min(0.995, p))-1))
}

// moments returns mean, 1/deviation (0 if constant) and skewness; of values far
// beyond what squares can hold, too.
func moments(x []float64) (mean, inverse, skew float64) {
	big := 0.0
	for _, v := range x {
		big = max(big, math.Abs(v))
	}
	if big == 0 {
		return 0, 0, 0
	}
	n := float64(len(x))
	for _, v := range x {
		mean += v / big / n
	}
	var m2, m3 float64
	for _, v := range x {
		d := v/big - mean
		m2 += d * d / n
		m3 += d * d * d / n
	}
	dev := math.Sqrt(m2)
	if dev <= 1e-12*math.Abs(mean) {
		return mean * big, 0, 0
	}
	if inverse = 1 / (dev * big); math.IsInf(inverse, 0) {
		inverse = 0
	}
	return mean * big, inverse, m3 / (m2 * dev)
}

// sample keeps values evenly thinned: every 2^level-th.
type sample struct {
	kept  []float64
	level uint
	seen  int
}

func (s *sample) push(v float64) {
	if s.seen++; (s.seen-1)&(1<<s.level-1) != 0 {
		return
	}
	s.kept = append(s.kept, v)
	if len(s.kept) > maxSample {
		s.thin()
	}
}

func (s *sample) thin() {
	n := 0
	for i := 0; i < len(s.kept); i += 2 {
		s.kept[n] = s.kept[i]
		n++
	}
	s.kept, s.level = s.kept[:n], s.level+1
}

func (s *sample) join(o *sample) {
	t := sample{kept: slices.Clone(o.kept), level: o.level}
	for s.level < t.level {
		s.thin()
	}
	for t.level < s.level {
		t.thin()
	}
	s.kept, s.seen = append(s.kept, t.kept...), s.seen+o.seen
	for len(s.kept) > maxSample {
		s.thin()
	}
}

func (s *sample) sorted() []float64 {
	x := slices.Clone(s.kept)
	slices.Sort(x)
	return x
}
