package feature

import (
	"slices"
	"strings"
	"testing"

	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/media"
)

func TestSelect(t *testing.T) {
	m := newLetters()
	extra := &letterView{info: Info{Name: "extra"}}
	m.views = append(m.views, extra)
	schema := &dataset.Schema{Columns: []dataset.Column{{Name: "face", Kind: media.Image}, {Name: "hand", Kind: media.Image}}}
	take := func(want string, patterns ...string) {
		t.Helper()
		refs, err := Catalog{m}.Select(schema, patterns)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, r := range refs {
			got = append(got, r.Name)
			if col := schema.Columns[r.Column].Name; r.Name != col+"."+r.View.Info().Name || r.Modality != Modality(m) {
				t.Errorf("%s is of column %s", r.Name, col)
			}
		}
		if !slices.Equal(got, strings.Fields(want)) {
			t.Errorf("%q takes %q, want %s", patterns, got, want)
		}
	}
	take("face.first face.second hand.first hand.second")
	take("face.first face.second face.extra", "face")
	take("hand.extra", "hand.extra")
	take("face.extra hand.extra", "*.extra")
	take("face.first hand.first hand.second hand.extra", "hand", "*.first", "hand.second") // each once, in the data's order

	fails := func(want string, patterns ...string) {
		t.Helper()
		if _, err := (Catalog{m}).Select(schema, patterns); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want %q", patterns, err, want)
		}
	}
	fails(`"foot"; the data has face.first, face.second, face.extra, hand.first`, "face", "foot")
	fails(`"face.first.x"`, "face.first.x")
	fails(`"*"`, "*")
	fails(`""`, "")
	schema.Columns[1].Kind = media.Audio
	fails(`column "hand": no views for audio`)
	if _, ok := (Catalog{m}).Lookup(media.Audio); ok {
		t.Error("found a modality that is not there")
	}
}
