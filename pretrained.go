package fusor

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"

	"github.com/fusor-ml/fusor/artifact"
	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/feature"
	"github.com/fusor-ml/fusor/feature/pretrained"
)

// openEncoders opens the recipe's pretrained encoders, so that their columns have the view encoder.
// What their folders are called is kept, where they lie is not: the same content yields the same
// model.
func (j *job) openEncoders(schema *dataset.Schema) error {
	if len(j.recipe.Pretrained) == 0 {
		return nil
	}
	set, err := pretrained.Open(schema, j.recipe.Pretrained, slices.Concat(j.Encoders, pretrained.Folders()))
	if err != nil {
		return err
	}
	j.Views = set.Catalog(j.Views)
	j.recipe.Pretrained = maps.Clone(j.recipe.Pretrained)
	for column, c := range j.recipe.Pretrained {
		j.Encoders = append(slices.Clip(j.Encoders), c.Dir)
		c.Dir = filepath.Base(filepath.Clean(c.Dir))
		j.recipe.Pretrained[column] = c
	}
	return nil
}

// encodersOf returns the pretrained encoders of views, by name.
func encodersOf(refs []feature.Ref, uses func(view string) bool) pretrained.Set {
	var set pretrained.Set
	for _, r := range refs {
		if e := pretrained.Network(r.View); e != nil && uses(r.Name) {
			if set == nil {
				set = pretrained.Set{}
			}
			set[e.Column] = e
		}
	}
	return set
}

// pretrainedNotes identifies the encoders that are used, and what no division of the rows can rule
// out.
func pretrainedNotes(refs []feature.Ref) []string {
	var notes []string
	for _, r := range refs {
		if e := pretrained.Network(r.View); e != nil {
			notes = append(notes, fmt.Sprintf("%s is of the pretrained model %s, which may have seen the test rows when it was trained", r.Name, &e.Identity))
		}
	}
	return notes
}

// keepEncoders sets what an artifact keeps of the encoders of its views.
func keepEncoders(a *artifact.Artifact, refs []feature.Ref) {
	a.Pretrained = encodersOf(refs, func(view string) bool {
		return slices.ContainsFunc(a.Views, func(v artifact.View) bool { return v.Name == view })
	})
	a.Encoders = a.Pretrained.Identities(&a.Schema)
}
