package train

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/feature"
	"github.com/fusor-ml/fusor/fusion"
	"github.com/fusor-ml/fusor/model"
)

// Space is what a search may choose: a fusion method with its options, and the settings of a
// recipe, as far as the recipe that the search begins with leaves them open. The values are those
// of [fusion.Option].Search.
type Space struct {
	base    Recipe
	methods []fusion.Method
	open    []fusion.Option // settings of the recipe
	shapes  []shapeChoice
	starts  []Recipe // known to be good on some data
}

// shapeChoice is how all views of a shape may be encoded other than by default.
type shapeChoice struct {
	views    []string
	encoders []model.Encoder
}

// anyOption is the share of the options that a drawn recipe changes.
const anyOption = 1.0 / 3

// NewSpace returns the space around base: models of these views with one of the methods, the first
// of which is the default, for a task with so many rows.
func NewSpace(base Recipe, methods []fusion.Method, views []Fitted, task dataset.Task, rows int) *Space {
	s := &Space{base: base, methods: slices.DeleteFunc(slices.Clone(methods), func(m fusion.Method) bool { return m.CheckTask(task == dataset.Regression) != nil })}
	for _, o := range Settings {
		field, ok := base.field(o.Name)
		// What is set is not searched.
		if !ok || o.Kind == "" || len(o.Search) == 0 || !field.IsZero() {
			continue
		}
		switch {
		// c.forRows sets it for many rows.
		case o.Name == "train.batch" && rows > manyRows, // it follows from their number
			o.Name == "modality_dropout" && !slices.ContainsFunc(views, func(v Fitted) bool { return v.Column != views[0].Column }):
			continue
		}
		// Settings that only some tasks have: asked of the same check that a configuration goes through.
		var probe Recipe
		probe.set(o.Name, o.Search[0])
		if probe.CheckTask(task, nil) == nil {
			s.open = append(s.open, o)
		}
	}
	encoders, _ := Setting("encoders")
	// A fixed order, as each draw consumes random numbers.
	for _, shape := range []feature.Shape{feature.Vector, feature.Sparse, feature.Tokens, feature.Sequence} {
		var c shapeChoice
		for _, v := range views {
			if _, chosen := base.Encoders[v.Name]; v.Info.Shape == shape && !chosen {
				c.views = append(c.views, v.Name)
			}
		}
		// The first is the default.
		for _, e := range model.Encoders(shape)[1:] {
			if slices.Contains(encoders.Search, any(string(e))) {
				c.encoders = append(c.encoders, e)
			}
		}
		if len(c.views) > 0 && len(c.encoders) > 0 {
			s.shapes = append(s.shapes, c)
		}
	}
	s.starts = []Recipe{{}}
	if methods[0].Name == fusion.DefaultOrdered {
		return s
	}
	for _, v := range VariantsOf(views) {
		s.starts = append(s.starts, s.start(v))
	}
	return s
}

// start returns what a variant changes, as far as it is open.
func (s *Space) start(v Variant) Recipe {
	var all, r Recipe
	v.apply(&all)
	for _, o := range s.open {
		if f, _ := all.field(o.Name); !f.IsZero() {
			own, _ := r.field(o.Name)
			own.Set(f)
		}
	}
	for _, c := range s.shapes {
		if slices.Contains(c.encoders, all.vectors) {
			r.encode(c.views, all.vectors)
		}
	}
	return r
}

// Draw returns n different recipes, fewer where there are not as many, each as what it sets in
// place of the base's own ([Recipe.Over]). The first is the base with the default method, then come
// the variants; the others are drawn at random. A longer list begins with a shorter one.
func (s *Space) Draw(n int, seed uint64) []Recipe {
	var out []Recipe
	seen := map[string]bool{}
	add := func(r Recipe) {
		key, err := json.Marshal(r)
		if err == nil && !seen[string(key)] && len(out) < n {
			seen[string(key)] = true
			out = append(out, r)
		}
	}
	for _, r := range s.starts {
		add(s.with(s.methods[0], r))
	}
	const patience = 50 // draws for one that is new
	for i := 0; i < patience*n && len(out) < n; i++ {
		rng := stream(seed, 3, uint64(i))
		m := s.methods[rng.IntN(len(s.methods))]
		r := s.with(m, s.starts[rng.IntN(len(s.starts))])
		changes := func() bool { return rng.Float64() < anyOption }
		for _, o := range s.open {
			if changes() && (!m.Final || o.Name != "hidden") {
				r.set(o.Name, o.Search[rng.IntN(len(o.Search))])
			}
		}
		for _, c := range s.shapes {
			if changes() {
				r.encode(c.views, c.encoders[rng.IntN(len(c.encoders))])
			}
		}
		for _, o := range m.Options {
			if _, chosen := r.FusionConfig[o.Name]; len(o.Search) > 0 && !chosen && changes() {
				r.FusionConfig = r.FusionConfig.With(o.Name, o.Search[rng.IntN(len(o.Search))])
			}
		}
		add(r)
	}
	return out
}

// with returns a start with a method, which the base's options are for unless it names another.
func (s *Space) with(m fusion.Method, r Recipe) Recipe {
	if r.Fusion = m.Name; s.base.Fusion == "" || s.base.Fusion == m.Name {
		r.FusionConfig = s.base.FusionConfig
	}
	if m.Final {
		r.Hidden = 0
	}
	r.Encoders = maps.Clone(r.Encoders)
	return r
}

// encode sets the encoder of views.
func (r *Recipe) encode(views []string, e model.Encoder) {
	if r.Encoders == nil {
		r.Encoders = map[string]model.Encoder{}
	}
	for _, v := range views {
		r.Encoders[v] = e
	}
}

// field returns the field of a setting, which can be set.
func (r *Recipe) field(name string) (reflect.Value, bool) {
	v, key := reflect.ValueOf(r).Elem(), name
	if rest, ok := strings.CutPrefix(name, "train."); ok {
		v, key = reflect.ValueOf(&r.Train).Elem(), rest
	}
	for i := range v.NumField() {
		if tag, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ","); tag == key {
			return v.Field(i), true
		}
	}
	return reflect.Value{}, false
}

// set sets a setting, which there must be.
func (r *Recipe) set(name string, value any) {
	f, _ := r.field(name)
	if f.Kind() == reflect.Pointer {
		f.Set(reflect.New(f.Type().Elem()))
		f = f.Elem()
	}
	f.Set(reflect.ValueOf(value).Convert(f.Type()))
}

// Over returns base with what r sets in place of its own: settings, encoders of views, and the
// method with its options.
func (r Recipe) Over(base Recipe) Recipe {
	for _, o := range Settings {
		from, ok := r.field(o.Name)
		if ok && o.Kind != "" && !from.IsZero() {
			to, _ := base.field(o.Name)
			to.Set(from)
		}
	}
	if r.Fusion != "" {
		base.Fusion, base.FusionConfig = r.Fusion, r.FusionConfig
	}
	if len(r.Encoders) > 0 {
		base.Encoders = maps.Clone(base.Encoders)
		if base.Encoders == nil {
			base.Encoders = map[string]model.Encoder{}
		}
		maps.Copy(base.Encoders, r.Encoders)
	}
	return base
}

// Changes lists what r sets beside the method, as key=value in the order of the settings.
func (r Recipe) Changes() []string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(r.FusionConfig)) {
		out = append(out, fmt.Sprintf("fusion_config.%s=%v", name, r.FusionConfig[name]))
	}
	var kinds []string
	for _, view := range slices.Sorted(maps.Keys(r.Encoders)) {
		if e := string(r.Encoders[view]); !slices.Contains(kinds, e) {
			kinds = append(kinds, e)
		}
	}
	if len(kinds) > 0 {
		out = append(out, "encoders="+strings.Join(kinds, ","))
	}
	for _, o := range Settings {
		f, ok := r.field(o.Name)
		if !ok || o.Kind == "" || f.IsZero() {
			continue
		}
		if f.Kind() == reflect.Pointer {
			f = f.Elem()
		}
		out = append(out, fmt.Sprintf("%s=%v", strings.TrimPrefix(o.Name, "train."), f.Interface()))
	}
	return out
}

// EpochsOf returns how many epochs a fit on so many rows has at most.
func (c Config) EpochsOf(rows int) int { return c.forRows(rows).Epochs }
