package compare

import (
	"slices"
	"testing"

	"github.com/fusor-ml/fusor/eval"
	"github.com/fusor-ml/fusor/train"
)

// Singles that are all that a column has are modalities, where there are several columns.
func TestModalities(t *testing.T) {
	f := func(views []train.Fitted, want ...string) {
		t.Helper()
		var got []string
		for _, e := range Entries(views, false, []string{"mean"}) {
			if e.Modality {
				got = append(got, e.Name)
			}
			if e.Modality && e.Kind != eval.Single {
				t.Errorf("%s is a %s and a modality", e.Name, e.Kind)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("modalities %v, want %v", got, want)
		}
	}
	color, shape, text := train.Fitted{Name: "photo.color", Column: "photo"}, train.Fitted{Name: "photo.shape", Column: "photo"}, train.Fitted{Name: "note.lexical", Column: "note"}
	f([]train.Fitted{color, shape, text}, "photo", "note")
	f([]train.Fitted{color, text}, "photo", "note")
	f([]train.Fitted{color, shape})
	f([]train.Fitted{color})
}
