package feature

import "slices"

// Earlier is a Modality that still extracts views as earlier versions of them did, for the models
// that were trained on those.
type Earlier interface {
	Modality
	// Earlier lists the earlier versions. None is among the modality's Views.
	Earlier() []View
}

// EarlierOf lists the earlier versions of a modality's views.
func EarlierOf(m Modality) []View {
	if e, ok := m.(Earlier); ok {
		return e.Earlier()
	}
	return nil
}

// At returns c with the views in the versions that are wanted, by column.view: a view whose
// modality does not have that version stays as it is.
func (c Catalog) At(versions map[string]int) Catalog {
	out := slices.Clone(c)
	for i, m := range c {
		if earlier := EarlierOf(m); len(earlier) > 0 {
			out[i] = pinned{m, earlier, versions}
		}
	}
	return out
}

// pinned is a modality some of whose views are of an earlier version.
type pinned struct {
	Modality
	earlier  []View
	versions map[string]int
}

var _ ColumnViews = pinned{}

// ViewsOf implements [ColumnViews].
func (p pinned) ViewsOf(column string) []View {
	views := slices.Clone(ViewsOf(p.Modality, column))
	for i, v := range views {
		name := v.Info().Name
		for _, e := range p.earlier {
			if info := e.Info(); info.Name == name && info.Version == p.versions[column+"."+name] {
				views[i] = e
			}
		}
	}
	return views
}
