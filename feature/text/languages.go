package text

import (
	"maps"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/fusor-ml/fusor/dataset"
)

// LanguageCount is a language with the number of texts in it.
type LanguageCount struct {
	Language string // "en", "zh", …, "und" without letters: see nlp.Profile
	Texts    int
}

// Languages counts the texts of a column by language, the most frequent first.
// Texts in files are left out unless files is set, and so are those that cannot
// be read, which extraction reports.
func Languages(ds *dataset.Dataset, column int, files bool) []LanguageCount {
	counts := map[string]int{}
	col := &ds.Schema.Columns[column]
	var mu sync.Mutex
	var next atomic.Int64
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			mine := map[string]int{}
			for {
				i := int(next.Add(1)) - 1
				if i >= len(ds.Rows) {
					break
				}
				c := &ds.Rows[i].Cells[column]
				if c.Absent() || len(c.Files) > 0 && !files {
					continue
				}
				if it, err := (modality{}).Open(c, col, ds.Dir); err == nil {
					mine[it.(*Item).Language()]++
				}
			}
			mu.Lock()
			defer mu.Unlock()
			for language, n := range mine {
				counts[language] += n
			}
		})
	}
	wg.Wait()
	var out []LanguageCount
	for _, language := range slices.Sorted(maps.Keys(counts)) {
		out = append(out, LanguageCount{language, counts[language]})
	}
	slices.SortStableFunc(out, func(a, b LanguageCount) int { return b.Texts - a.Texts })
	return out
}
