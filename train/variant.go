package train

import (
	"fmt"
	"slices"

	"github.com/fusor-ml/fusor/feature"
	"github.com/fusor-ml/fusor/media"
	"github.com/fusor-ml/fusor/model"
)

// Variant is another way to set up the network of a recipe, as a member of an ensemble: which way
// is right differs between data sets, and no choice of one of them by validation rows gains what
// the mean of several does.
type Variant struct {
	Name  string
	suits func(views []Fitted) bool
	apply func(r *Recipe)
}

// Variants lists the variants.
var Variants = []Variant{
	{"linear", someVector, func(r *Recipe) { r.vectors = model.Linear }},
	{"wide", allVectors, func(r *Recipe) { setDefault(&r.Width, 256) }},
	{"linear", tableAlone, func(r *Recipe) { r.vectors = model.Linear }},
	{"deep", tableAlone, func(r *Recipe) { r.deepen(128, 0, 1) }},
	{"deeper", tableAlone, func(r *Recipe) { r.deepen(256, 0.1, 2) }},
}

// VariantsOf returns the variants for models of these views.
func VariantsOf(views []Fitted) []Variant {
	return slices.DeleteFunc(slices.Clone(Variants), func(v Variant) bool { return !v.suits(views) })
}

// Vary returns r as a variant for models of these views has it.
func (r Recipe) Vary(name string, views []Fitted) (Recipe, error) {
	for _, v := range VariantsOf(views) {
		if v.Name == name {
			v.apply(&r)
			return r, nil
		}
	}
	return r, fmt.Errorf("no variant %q of a model of these views", name)
}

// tableAlone reports whether all views are of the fields of a table.
func tableAlone(views []Fitted) bool {
	return !slices.ContainsFunc(views, func(v Fitted) bool { return v.Kind != media.Table })
}

func someVector(views []Fitted) bool {
	return !tableAlone(views) && slices.ContainsFunc(views, func(v Fitted) bool { return v.Info.Shape == feature.Vector })
}

// allVectors reports whether all views are vectors: to widen what reads n-grams costs more than it
// gains.
func allVectors(views []Fitted) bool {
	return !tableAlone(views) && !slices.ContainsFunc(views, func(v Fitted) bool { return v.Info.Shape != feature.Vector })
}

// deepen sets up a network of more layers and less noise, which fits numbers that interact.
func (r *Recipe) deepen(width int, dropout float64, seed uint64) {
	setDefault(&r.Width, width)
	setDefault(&r.Hidden, 128)
	setDefault(&r.Train.Batch, 64)
	setDefault(&r.Train.Patience, 16)
	if r.Dropout == nil {
		r.Dropout = &dropout
	}
	if r.Train.Margin == nil {
		r.Train.Margin = new(float64)
	}
	if r.Train.WeightDecay == nil {
		decay := 0.1
		r.Train.WeightDecay = &decay
	}
	r.Train.Seed += seed
}

func setDefault(to *int, value int) {
	if *to == 0 {
		*to = value
	}
}
