package feature

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
)

// ErrNoRows is wrapped by Fitter.State when no training row has the view.
var ErrNoRows = errors.New("no training row has this view")

// ClipAt bounds a scaled value of a dense view to ±ClipAt deviations, so that
// one wild value in a row met later cannot decide a prediction alone.
const ClipAt = 10

// unscaledMost bounds a value that is not scaled: products of several such values stay finite in
// float32.
const unscaledMost = 1e9

// NewDense starts the fit of a vector or sequence view: mean and deviation of
// every feature by Welford's method in float64, merged by Chan, Golub and
// LeVeque (1979). Every step of a sequence counts as one observation.
//
// NaN and infinite values are left out of the fit and become 0 when applied; so
// does every value of a feature that is constant over the training rows. Values
// scaled per feature or per view are clipped to ±[ClipAt], others to ±1e9.
func NewDense(s Scaling) Fitter { return &denseFitter{scaling: s} }

// LoadDense restores the state that a fitter of [NewDense] gave, from its JSON.
func LoadDense(data json.RawMessage) (State, error) {
	var s denseState
	if err := json.Unmarshal(data, &s); err != nil {
		return nil, fmt.Errorf("cannot read the scaling: %w", err)
	}
	if err := s.check(); err != nil {
		return nil, fmt.Errorf("cannot read the scaling: %w", err)
	}
	return &s, nil
}

type denseFitter struct {
	scaling Scaling
	n       []float64 // finite observations per feature
	mean    []float64
	m2      []float64 // sum of squared deviations from the mean
	err     error
}

var _ Fitter = (*denseFitter)(nil)

// Add implements Fitter.
func (f *denseFitter) Add(r Raw) {
	if r.Absent() || f.err != nil || !f.fits(r.Dim, len(r.Values)) {
		return
	}
	for x := r.Values; len(x) > 0; x = x[r.Dim:] {
		for j, v := range x[:r.Dim] {
			v := float64(v)
			if math.IsNaN(v) || math.IsInf(v, 0) {
				continue
			}
			f.n[j]++
			d := v - f.mean[j]
			f.mean[j] += d / f.n[j]
			f.m2[j] += d * (v - f.mean[j])
		}
	}
}

// fits takes the width of the first row and holds the others to it.
func (f *denseFitter) fits(dim, values int) bool {
	switch {
	case dim <= 0 || values%dim != 0:
		f.err = fmt.Errorf("cannot fit: %d values are no whole steps of width %d", values, dim)
	case f.n == nil:
		f.n, f.mean, f.m2 = make([]float64, dim), make([]float64, dim), make([]float64, dim)
	case len(f.n) != dim:
		f.err = fmt.Errorf("cannot fit: a row has width %d, the rows before it %d", dim, len(f.n))
	}
	return f.err == nil
}

// Merge implements Fitter.
func (f *denseFitter) Merge(other Fitter) {
	g, ok := other.(*denseFitter)
	switch {
	case !ok:
		f.err = fmt.Errorf("cannot merge a fit of %T into one of %T", other, f)
	case f.err != nil:
	case g.err != nil:
		f.err = g.err
	case g.n == nil || !f.fits(len(g.n), 0):
	default:
		for j, nb := range g.n {
			n := f.n[j] + nb
			if n == 0 {
				continue
			}
			d := g.mean[j] - f.mean[j]
			f.mean[j] += d * nb / n
			f.m2[j] += g.m2[j] + d*d*f.n[j]*nb/n
			f.n[j] = n
		}
	}
}

// State implements Fitter.
func (f *denseFitter) State() (State, error) {
	if f.err != nil {
		return nil, f.err
	}
	if f.n == nil {
		return nil, fmt.Errorf("cannot fit: %w", ErrNoRows)
	}
	s := &denseState{Scaling: f.scaling, Width: len(f.n)}
	switch f.scaling {
	case PerFeature:
		s.Mean, s.Scale = make(Floats, len(f.n)), make(Floats, len(f.n))
		for j := range f.n {
			s.Mean[j], s.Scale[j] = standard(f.n[j], f.mean[j], f.m2[j])
		}
	case PerView:
		n, mean, m2 := 0.0, 0.0, 0.0
		for j, nb := range f.n {
			if nb == 0 {
				continue
			}
			d := f.mean[j] - mean
			mean += d * nb / (n + nb)
			m2 += f.m2[j] + d*d*n*nb/(n+nb)
			n += nb
		}
		s.Mean, s.Scale = make(Floats, 1), make(Floats, 1)
		s.Mean[0], s.Scale[0] = standard(n, mean, m2)
	case NoScaling:
	default:
		return nil, fmt.Errorf("cannot fit: unknown scaling %q (feature, view or none)", f.scaling)
	}
	return s, nil
}

// standard turns a sum of squares into a mean and a factor 1/deviation; the
// factor is 0 where what varies is below float32's resolution.
func standard(n, mean, m2 float64) (float32, float32) {
	if n == 0 {
		return 0, 0
	}
	dev := math.Sqrt(m2 / n)
	if dev <= 1e-7*math.Abs(mean) || dev < 1e-30 {
		return float32(mean), 0
	}
	return float32(mean), float32(1 / dev)
}

type denseState struct {
	Scaling Scaling `json:"scaling"`
	Width   int     `json:"width"`
	Mean    Floats  `json:"mean"`  // [Width], or [1] for one scale per view
	Scale   Floats  `json:"scale"` // 1/deviation; 0 = constant
}

var _ Scaler = (*denseState)(nil)

// Scales implements Scaler.
func (s *denseState) Scales() (mean, scale []float32, limit float64) {
	if s.Scaling == NoScaling {
		return nil, nil, unscaledMost
	}
	return s.Mean, s.Scale, ClipAt
}

func (s *denseState) check() error {
	want := 0
	switch s.Scaling {
	case PerFeature:
		want = s.Width
	case PerView:
		want = 1
	case NoScaling:
	default:
		return fmt.Errorf("unknown scaling %q", s.Scaling)
	}
	if s.Width <= 0 || len(s.Mean) != want || len(s.Scale) != want {
		return fmt.Errorf("width %d with %d means and %d scales", s.Width, len(s.Mean), len(s.Scale))
	}
	for j := range s.Mean {
		if v := float64(s.Mean[j]) + float64(s.Scale[j]); math.IsNaN(v) || math.IsInf(v, 0) {
			return fmt.Errorf("feature %d is not finite", j)
		}
	}
	return nil
}

// Dim implements State.
func (s *denseState) Dim() int { return s.Width }

// Takes reports whether Apply makes a vector of r.
func (s *denseState) Takes(r Raw) bool { return r.Dim == s.Width && len(r.Values) == s.Width }

// Apply implements State. A row of another width than the fitted one becomes absent.
func (s *denseState) Apply(dst *Raw, r Raw) {
	dst.Values, dst.Index, dst.Dim, dst.Steps = dst.Values[:0], dst.Index[:0], s.Width, 0
	if r.Dim != s.Width || len(r.Values)%s.Width != 0 {
		return
	}
	dst.Steps = r.Steps
	if cap(dst.Values) < len(r.Values) {
		dst.Values = make([]float32, len(r.Values))
	}
	dst.Values = dst.Values[:len(r.Values)]
	for at := 0; at < len(r.Values); at += s.Width {
		x, y := r.Values[at:at+s.Width], dst.Values[at:at+s.Width]
		switch s.Scaling {
		case PerFeature:
			for j, v := range x {
				y[j] = scaled(v, s.Mean[j], s.Scale[j])
			}
		case PerView:
			for j, v := range x {
				y[j] = scaled(v, s.Mean[0], s.Scale[0])
			}
		default:
			for j, v := range x {
				if v-v != 0 { // NaN or infinite
					v = 0
				}
				y[j] = max(-unscaledMost, min(unscaledMost, v))
			}
		}
	}
}

func scaled(v, mean, scale float32) float32 {
	if v-v != 0 { // NaN or infinite
		return 0
	}
	z := (float64(v) - float64(mean)) * float64(scale)
	return float32(max(-ClipAt, min(ClipAt, z)))
}
