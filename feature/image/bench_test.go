package image

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/fusor-ml/fusor/feature"
	"github.com/fusor-ml/fusor/internal/codec/imagefile"
)

func photos(t testing.TB) (all [][]byte) {
	t.Helper()
	dir := os.Getenv("FUSOR_DATA")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "data")
	}
	names, _ := filepath.Glob(filepath.Join(dir, "flowers12", "jpg", "*.jpg"))
	if len(names) < 200 {
		t.Skip("no flowers12 in FUSOR_DATA or ../shared/data")
	}
	for _, n := range names[:200] {
		data, err := os.ReadFile(n)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, data)
	}
	return all
}

// BenchmarkClassic opens a picture and extracts the view classic.
func BenchmarkClassic(b *testing.B) { benchmark(b, []feature.View{Classic()}) }

// BenchmarkViews opens a picture and extracts the default views.
func BenchmarkViews(b *testing.B) { benchmark(b, []feature.View{Color(), Shape(), Texture()}) }

func benchmark(b *testing.B, views []feature.View) {
	all := photos(b)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		m, err := imagefile.Decode(all[i%len(all)], imagefile.Options{MaxSide: WorkSide})
		if err != nil {
			b.Fatal(err)
		}
		item := NewItem(m)
		for _, v := range views {
			if _, err := v.Extract(item); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "images/s")
}
