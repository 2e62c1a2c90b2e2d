package pretrained

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/encoder"
	"github.com/fusor-ml/fusor/feature"
	"github.com/fusor-ml/fusor/media"
)

// Identity is all of a network that its vectors depend on.
type Identity struct {
	Column       string `json:"column"`
	Name         string `json:"name"` // of its folder, without the path
	Architecture string `json:"architecture"`
	Dim          int    `json:"dim"`
	Pooling      string `json:"pooling"`
	// Preprocessing is the [encoder.Version] of what is done before, in and behind the network.
	Preprocessing int            `json:"preprocessing"`
	Options       Options        `json:"options,omitzero"`
	SHA256        string         `json:"sha256"` // of the names and hashes of Files
	Files         []encoder.File `json:"files"`
	Embedded      bool           `json:"embedded,omitempty"` // the model's file holds Files
}

// String identifies the network to a reader.
func (id *Identity) String() string {
	return fmt.Sprintf("%s (%s, %d values, SHA-256 %.12s…)", id.Name, id.Architecture, id.Dim, id.SHA256)
}

// Encoder is an opened network of a column.
type Encoder struct {
	Identity
	Folder fs.FS // that holds Files
	*encoder.Encoder
}

// Set holds the networks of the columns that have one, by the column's name.
type Set map[string]*Encoder

// Open opens the networks that are chosen for the columns of a schema. A key of choices is a
// column, or a kind of column (text, image, audio, video) for those that are not named. A folder
// that is not there is looked for in folders as well.
func Open(schema *dataset.Schema, choices map[string]Choice, folders []string) (Set, error) {
	set, used := Set{}, map[string]bool{}
	opened := map[Choice]*encoder.Encoder{}
	for _, col := range schema.Columns {
		key := col.Name
		c, ok := choices[key]
		if !ok {
			key = string(col.Kind)
			if c, ok = choices[key]; !ok {
				continue
			}
		}
		used[key] = true
		c.Dir = c.locate(folders)
		e := opened[c]
		if e == nil {
			var err error
			if e, err = encoder.Open(c.Dir, c.encoder()); err != nil {
				return nil, fmt.Errorf("column %s: %w", col.Name, err)
			}
			opened[c] = e
		}
		one, err := newEncoder(&col, e, filepath.Base(filepath.Clean(c.Dir)), c.Options, os.DirFS(c.Dir))
		if err != nil {
			return nil, fmt.Errorf("column %s: cannot use the encoder %s: %w", col.Name, c.Dir, err)
		}
		set[col.Name] = one
	}
	for _, key := range slices.Sorted(maps.Keys(choices)) {
		if !used[key] {
			return nil, fmt.Errorf("cannot use an encoder for %q: the data has no such column, and no column of such a kind; it has %s", key, columns(schema))
		}
	}
	return set, nil
}

// columns lists the columns of a schema that an encoder can be for.
func columns(schema *dataset.Schema) string {
	var names []string
	for _, col := range schema.Columns {
		if col.Kind == media.Text || col.Kind.IsFile() {
			names = append(names, fmt.Sprintf("%s (%s)", col.Name, col.Kind))
		}
	}
	if names == nil {
		return "none of text, image, audio or video"
	}
	return strings.Join(names, ", ")
}

// newEncoder checks that a network takes what a column holds.
func newEncoder(col *dataset.Column, e *encoder.Encoder, name string, o Options, folder fs.FS) (*Encoder, error) {
	info := e.Info()
	id := Identity{
		Column: col.Name, Name: name, Architecture: info.Architecture, Preprocessing: encoder.Version,
		Options: o, SHA256: info.SHA256, Files: info.Files,
	}
	in, err := inputOf(col.Kind, e)
	if err != nil {
		return nil, err
	}
	switch in {
	case texts:
		id.Dim, id.Pooling = info.Text.Dim, info.Text.Pooling
	case pictures:
		id.Dim, id.Pooling = info.Image.Dim, info.Image.Pooling
	case sounds:
		id.Dim, id.Pooling = info.Sound.Dim, info.Sound.Pooling
	}
	if in != texts && o != (Options{}) {
		return nil, fmt.Errorf("pooling, prompt and max_tokens are for texts, and the column holds none")
	}
	return &Encoder{Identity: id, Folder: folder, Encoder: e}, nil
}

// Identities returns what identifies the networks, in the order of the schema's columns.
func (s Set) Identities(schema *dataset.Schema) []Identity {
	var ids []Identity
	for _, col := range schema.Columns {
		if e := s[col.Name]; e != nil {
			ids = append(ids, e.Identity)
		}
	}
	return ids
}

// Catalog returns c with the view encoder for the columns of s, and for no others.
func (s Set) Catalog(c feature.Catalog) feature.Catalog {
	out := make(feature.Catalog, len(c))
	for i, m := range c {
		if own, ok := m.(modality); ok {
			m = own.Modality
		}
		if out[i] = m; len(s) > 0 && (m.Kind() == media.Text || m.Kind().IsFile()) {
			out[i] = modality{m, s}
		}
	}
	return out
}

// modality is one some of whose columns have the view encoder.
type modality struct {
	feature.Modality
	set Set
}

var _ feature.ColumnViews = modality{}

// ViewsOf implements feature.ColumnViews.
func (m modality) ViewsOf(column string) []feature.View {
	views := feature.ViewsOf(m.Modality, column)
	e := m.set[column]
	if e == nil {
		return views
	}
	in, err := inputOf(m.Kind(), e.Encoder)
	if err != nil { // another kind of column than it was opened for
		return views
	}
	return append(slices.Clip(slices.Clone(views)), newView(e, in))
}
