package feature

import (
	"fmt"
	"strings"

	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/media"
)

// Catalog lists the modalities that are known; it is a value, so a program can have its own.
type Catalog []Modality

// Lookup finds the modality of a kind.
func (c Catalog) Lookup(k media.Kind) (Modality, bool) {
	for _, m := range c {
		if m.Kind() == k {
			return m, true
		}
	}
	return nil, false
}

// ColumnViews is a Modality some of whose columns have views of their own.
type ColumnViews interface {
	Modality
	// ViewsOf lists the views of a column, defaults first.
	ViewsOf(column string) []View
}

// ViewsOf lists the views that a modality has of a column, defaults first.
func ViewsOf(m Modality, column string) []View {
	if c, ok := m.(ColumnViews); ok {
		return c.ViewsOf(column)
	}
	return m.Views()
}

// Ref is a view of one column of a data set.
type Ref struct {
	Name     string // column.view
	Column   int    // index into Schema.Columns
	Modality Modality
	View     View
}

// Select lists the views to take of the schema's columns. Without patterns it
// takes each modality's default views. A pattern is a column ("image": all its
// views), a column's view ("image.color"), or a view of any column ("*.color").
func (c Catalog) Select(schema *dataset.Schema, patterns []string) ([]Ref, error) {
	used := make([]bool, len(patterns))
	var refs []Ref
	var all []string
	for i, col := range schema.Columns {
		m, ok := c.Lookup(col.Kind)
		if !ok {
			return nil, fmt.Errorf("column %q: no views for %s", col.Name, col.Kind)
		}
		for _, v := range ViewsOf(m, col.Name) {
			name := col.Name + "." + v.Info().Name
			all = append(all, name)
			take := len(patterns) == 0 && v.Info().Default
			for j, p := range patterns {
				if p == name || p == col.Name || p == "*."+v.Info().Name {
					take, used[j] = true, true
				}
			}
			if take {
				refs = append(refs, Ref{name, i, m, v})
			}
		}
	}
	for j, p := range patterns {
		if !used[j] {
			return nil, fmt.Errorf("no view matches %q; the data has %s", p, strings.Join(all, ", "))
		}
	}
	return refs, nil
}

// WordEmbedder lists the views of the schema's columns that learn embeddings of words, by name.
func (c Catalog) WordEmbedder(schema *dataset.Schema) []string {
	var names []string
	for _, col := range schema.Columns {
		m, ok := c.Lookup(col.Kind)
		if !ok {
			continue
		}
		for _, v := range ViewsOf(m, col.Name) {
			if _, ok := v.(WordEmbedder); ok {
				names = append(names, col.Name+"."+v.Info().Name)
			}
		}
	}
	return names
}
