package tabular

import (
	"cmp"
	"slices"
)

const (
	maxLevels   = 64      // dimensions of one category field
	rareShare   = 1000    // a level of less than one row in a thousand is rare,
	rareRows    = 3       // and so is one of fewer rows than this
	maxDistinct = 1 << 17 // levels that are counted while fitting
)

// categoryFit counts levels: the most frequent ones get a dimension each; the rare
// ones share one, which levels never seen in training take, too. Where training
// had no rare level, an unseen one is 0 in every dimension.
type categoryFit struct {
	count  map[string]int
	rows   int
	absent int
}

var _ fieldFit = (*categoryFit)(nil)

func (f *categoryFit) fresh() fieldFit { return &categoryFit{} }
func (f *categoryFit) missing() *int   { return &f.absent }
func (f *categoryFit) add(c cell)      { f.put(c.bytes, 1) }

func (f *categoryFit) put(level []byte, n int) {
	if f.count == nil {
		f.count = make(map[string]int)
	}
	f.rows += n
	if _, known := f.count[string(level)]; known || len(f.count) < maxDistinct {
		f.count[string(level)] += n
	}
}

func (f *categoryFit) merge(other fieldFit) bool {
	g, ok := other.(*categoryFit)
	if !ok {
		return false
	}
	for _, e := range g.ordered() {
		f.put([]byte(e.level), e.n)
	}
	f.rows += g.rows - g.counted()
	return true
}

type levelCount struct {
	level string
	n     int
}

// ordered lists the levels, the most frequent first, equals by name.
func (f *categoryFit) ordered() []levelCount {
	all := make([]levelCount, 0, len(f.count))
	for level, n := range f.count {
		all = append(all, levelCount{level, n})
	}
	slices.SortFunc(all, func(a, b levelCount) int {
		return cmp.Or(cmp.Compare(b.n, a.n), cmp.Compare(a.level, b.level))
	})
	return all
}

func (f *categoryFit) counted() int {
	n := 0
	for _, k := range f.count {
		n += k
	}
	return n
}

func (f *categoryFit) state() fieldState {
	s := fieldState{Kind: "category"}
	least := max(rareRows, f.rows/rareShare)
	kept := 0
	for _, e := range f.ordered() {
		if len(s.Levels) == maxLevels || e.n < least {
			break
		}
		s.Levels = append(s.Levels, []byte(e.level))
		kept += e.n
	}
	s.Rare = kept < f.rows || len(s.Levels) == 0
	return s
}
