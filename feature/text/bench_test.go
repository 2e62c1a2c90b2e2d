package text

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"testing"

	"github.com/fusor-ml/fusor/feature"
	"github.com/fusor-ml/fusor/media"
)

// BenchmarkFitTransform opens, extracts, fits and applies every view on one core
// over the clothing reviews, where FUSOR_DATA or ../shared/data beside the
// repository has them: what scikit-learn's fit_transform does.
func BenchmarkFitTransform(b *testing.B) {
	dir := os.Getenv("FUSOR_DATA")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "data")
	}
	f, err := os.Open(filepath.Join(dir, "clothing", "manifest.csv"))
	if err != nil {
		b.Skipf("no data: %v", err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		b.Fatal(err)
	}
	for _, v := range Modality().Views() {
		b.Run(v.Info().Name, func(b *testing.B) {
			b.ReportAllocs()
			raws := make([]feature.Raw, len(rows)-1)
			for range b.N {
				fit := v.NewFitter(feature.PerFeature)
				for i, row := range rows[1:] {
					if raws[i], err = v.Extract(NewItem(media.NewDocument(row[3]))); err != nil {
						b.Fatal(err)
					}
					fit.Add(raws[i])
				}
				st, err := fit.State()
				if err != nil {
					b.Fatal(err)
				}
				for _, r := range raws {
					var dst feature.Raw
					st.Apply(&dst, r)
				}
			}
			b.ReportMetric(float64(b.N*len(raws))/b.Elapsed().Seconds(), "items/s")
		})
	}
}
