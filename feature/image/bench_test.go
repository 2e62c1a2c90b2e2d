package image

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/fusor-ml/fusor/internal/codec/imagefile"
	"github.com/fusor-ml/fusor/internal/vision"
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

// BenchmarkClassic does what a scikit-image user's feature bench does: decode
// a 224 × 224 JPEG, three HSV histograms of 16 bins, HOG 9 × (16×16) × (2×2),
// rotation-invariant uniform LBP.
func BenchmarkClassic(b *testing.B) {
	all := photos(b)
	hsv := make([]uint32, 48)
	lbp := make([]uint32, vision.RotationInvariantBins)
	hog := vision.HOG{Orientations: 9, Cell: 16, Block: 2}
	var out []float32
	for i := 0; b.Loop(); i++ {
		m, err := imagefile.Decode(all[i%len(all)], imagefile.Options{})
		if err != nil {
			b.Fatal(err)
		}
		clear(hsv)
		clear(lbp)
		vision.HSVHistograms(hsv, m, 16)
		out = hog.Compute(out[:0], m.Y, m.Width, m.Height)
		vision.CircularLBP(lbp, m.Y, m.Width, m.Height)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "images/s")
}

// BenchmarkViews opens a picture and extracts its three views.
func BenchmarkViews(b *testing.B) {
	all := photos(b)
	views := Modality().Views()
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
