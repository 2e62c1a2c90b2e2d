package text

import (
	"context"
	"maps"
	"slices"
	"sync"

	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/internal/parallel"
)

// LanguageCount is a language with the number of texts in it.
type LanguageCount struct {
	Language string // "en", "zh", …, "und" without letters: see nlp.Profile
	Texts    int
}

// Languages counts the texts of a column by language, the most frequent first.
// Texts in files are left out unless files is set, and so are those that cannot
// be read, which extraction reports.
func Languages(ctx context.Context, ds *dataset.Dataset, column int, files bool) []LanguageCount {
	counts := map[string]int{}
	col := &ds.Schema.Columns[column]
	var mu sync.Mutex // guards counts
	err := parallel.For(ctx, len(ds.Rows), 0, func(ctx context.Context, _, i int) error {
		c := ds.Rows[i].Cell(column)
		if c.Absent() || c.IsMedia() && !files {
			return nil
		}
		it, err := (modality{}).Open(ctx, &c, col, ds.Folder())
		if err != nil {
			return nil //nolint:nilerr // extraction reports it
		}
		language := it.(*Item).Language()
		mu.Lock()
		defer mu.Unlock()
		counts[language]++
		return nil
	})
	if err != nil {
		return nil
	}
	var out []LanguageCount
	for _, language := range slices.Sorted(maps.Keys(counts)) {
		out = append(out, LanguageCount{language, counts[language]})
	}
	slices.SortStableFunc(out, func(a, b LanguageCount) int { return b.Texts - a.Texts })
	return out
}
