package featuretest

import (
	"encoding/json"
	"fmt"
	"math"
	"sync/atomic"
	"testing"

	"github.com/fusor-ml/fusor/feature"
)

// recorder keeps what a law reports.
type recorder struct{ errs []string }

func (r *recorder) Helper() {}

func (r *recorder) Errorf(format string, args ...any) {
	r.errs = append(r.errs, fmt.Sprintf(format, args...))
}

// sound is a view of floats that obeys every law; break it in one place and one law must notice.
type sound struct {
	extract func(x float32) feature.Raw
	info    feature.Info
	load    func(feature.State) feature.State
}

func newSound() *sound {
	return &sound{
		extract: func(x float32) feature.Raw { return feature.Raw{Values: []float32{x, 2 * x}, Dim: 2} },
		info:    feature.Info{Name: "sound", Shape: feature.Vector, Version: 1, Doc: "twice"},
		load:    func(s feature.State) feature.State { return s },
	}
}

func (s *sound) Info() feature.Info                          { return s.info }
func (s *sound) Extract(item any) (feature.Raw, error)       { return s.extract(item.(float32)), nil }
func (s *sound) NewFitter(sc feature.Scaling) feature.Fitter { return feature.NewDense(sc) }
func (s *sound) LoadState(d json.RawMessage) (feature.State, error) {
	st, err := feature.LoadDense(d)
	if err != nil {
		return nil, err
	}
	return s.load(st), nil
}

// negated is a state that turns the sign of what it applies.
type negated struct{ feature.State }

func (n negated) Apply(dst *feature.Raw, r feature.Raw) {
	n.State.Apply(dst, r)
	for i := range dst.Values {
		dst.Values[i] = -dst.Values[i]
	}
}

func TestLawsNotice(t *testing.T) {
	f := func(law string, spoil func(*sound)) {
		t.Helper()
		s := newSound()
		spoil(s)
		items := []any{float32(1), float32(-2), float32(5)}
		r := &rig{view: s, items: items, again: items}
		var rec recorder
		if !r.extract(&rec) {
			t.Fatalf("%s: %v", law, rec.errs)
		}
		for _, l := range laws {
			var rec recorder
			l.check(r, &rec)
			if failed := len(rec.errs) > 0; failed != (l.name == law) {
				t.Errorf("spoilt for %q, the law %q reports %q", law, l.name, rec.errs)
			}
		}
	}
	f("", func(*sound) {})
	f("documented", func(s *sound) { s.info.Doc = "" })
	f("layout", func(s *sound) {
		s.extract = func(x float32) feature.Raw {
			if x < 0 {
				return feature.Raw{}
			}
			return feature.Raw{Values: []float32{x, float32(math.NaN())}, Dim: 2}
		}
	})
	var calls atomic.Int32
	f("determinism", func(s *sound) {
		s.extract = func(x float32) feature.Raw {
			return feature.Raw{Values: []float32{x, float32(min(calls.Add(1), 4))}, Dim: 2}
		}
	})
	f("save and load", func(s *sound) { s.load = func(st feature.State) feature.State { return negated{st} } })
}
