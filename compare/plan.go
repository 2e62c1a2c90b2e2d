// Package compare trains every single view, every single modality and every
// fusion on the same splits and seeds, and judges whether fusion helps.
package compare

import (
	"fmt"
	"slices"

	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/eval"
	"github.com/fusor-ml/fusor/feature"
	"github.com/fusor-ml/fusor/fusion"
	"github.com/fusor-ml/fusor/train"
)

// Entry is one row of the comparison before it is run.
type Entry struct {
	Name   string   `json:"name"`
	Kind   string   `json:"kind"`
	Fusion string   `json:"fusion"`
	Views  []string `json:"views"` // column.view
	// Modality reports whether a single is all that one of several columns has: the verdict asks
	// whether a second modality is worth it, and so compares with those.
	Modality bool `json:"modality,omitempty"`
	// Variant is the variant of the recipe (train.Variants) that it is fitted by; "": none.
	Variant string `json:"variant,omitempty"`
	// Tuned is of the entry whose recipe a search chose.
	Tuned *Tuned `json:"tuned,omitempty"`
	// Members are the entries that an ensemble is made from.
	Members []Entry `json:"members,omitempty"`
}

// Entries lists what is compared: each view alone, each column of several
// views with its views concatenated (unless it is the only column), then every
// fusion of all views. Where rows come in ordered groups the singles run over
// them too, so that a fusion over rows has no head start.
func Entries(views []train.Fitted, ordered bool, fusions []string) []Entry {
	var names, columns []string
	byColumn := map[string][]string{}
	for _, v := range views {
		names = append(names, v.Name)
		if byColumn[v.Column] == nil {
			columns = append(columns, v.Column)
		}
		byColumn[v.Column] = append(byColumn[v.Column], v.Name)
	}
	method := fusion.Default
	if ordered {
		method = fusion.DefaultOrdered
	}
	var out []Entry
	for _, c := range columns {
		own := byColumn[c]
		if len(own) == 1 {
			out = append(out, Entry{Name: c, Kind: eval.Single, Fusion: method, Views: own, Modality: len(columns) > 1})
			continue
		}
		for _, v := range own {
			out = append(out, Entry{Name: v, Kind: eval.Single, Fusion: method, Views: []string{v}})
		}
		if len(columns) > 1 {
			out = append(out, Entry{Name: c, Kind: eval.Single, Fusion: method, Views: own, Modality: true})
		}
	}
	if len(names) > 1 {
		for _, f := range fusions {
			out = append(out, Entry{Name: f, Kind: eval.Fusion, Fusion: f, Views: names})
		}
	}
	return out
}

// indices finds the entry's views among the prepared ones.
func (e *Entry) indices(views []train.Fitted) []int {
	var out []int
	for i, v := range views {
		if slices.Contains(e.Views, v.Name) {
			out = append(out, i)
		}
	}
	return out
}

// check reports a view of the entry that is not there.
func (e *Entry) check(views []train.Fitted) error {
	for _, name := range e.Views {
		if !slices.ContainsFunc(views, func(v train.Fitted) bool { return v.Name == name }) {
			return fmt.Errorf("the data have no view %q, which %s takes", name, e.Name)
		}
	}
	for k := range e.Members {
		if err := e.Members[k].check(views); err != nil {
			return err
		}
	}
	return nil
}

// recipe is r for this entry, of these views: the user's fusion options go to the method they were
// meant for.
func (e *Entry) recipe(r train.Recipe, views []train.Fitted) (train.Recipe, error) {
	if e.Tuned != nil {
		return e.Tuned.recipe().Over(r), nil
	}
	if e.Kind == eval.Single || (r.Fusion != "" && r.Fusion != e.Fusion) {
		r.FusionConfig = nil
	}
	r.Fusion = e.Fusion
	if e.Variant != "" {
		return r.Vary(e.Variant, views)
	}
	return r, nil
}

// dropUntrainable drops the singles that some run has no training row of, with a note.
func (res *Result) dropUntrainable(features *feature.Features) {
	has := func(e *Entry, run *dataset.Run) bool {
		for i, ref := range features.Refs {
			if slices.Contains(e.Views, ref.Name) && slices.ContainsFunc(run.Train, features.Stores[i].Present) {
				return true
			}
		}
		return false
	}
	res.Entries = slices.DeleteFunc(res.Entries, func(e Entry) bool {
		lacking := slices.IndexFunc(res.Plan.Runs, func(r dataset.Run) bool { return e.Kind == eval.Single && !has(&e, &r) })
		if lacking >= 0 {
			res.Plan.Notes = append(slices.Clone(res.Plan.Notes), fmt.Sprintf(
				"%s is not tried alone: no training row of fold %d has it", e.Name, res.Plan.Runs[lacking].Fold+1))
		}
		return lacking >= 0
	})
}
