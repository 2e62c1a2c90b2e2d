package image

import (
	"math"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fusor-ml/fusor/internal/conformance"
	"github.com/fusor-ml/fusor/internal/vision"
)

// golden is one case computed with scikit-image.
type golden struct {
	File    string     `json:"file"`
	Source  string     `json:"source"`
	Levels  string     `json:"glcm"` // how glcm_8_levels was made
	Crop    [4]int     `json:"crop"`
	Raw     []int      `json:"rgb"`
	Luma8   []int      `json:"luma8"`
	Weights [3]float64 `json:"gray_weights"`
	HSV     *tensor    `json:"hsv_histograms_16"`
	HOG     *tensor    `json:"hog_9_16_2_l2hys"`
	LBP     *tensor    `json:"lbp_uniform_8_1_of_luma8"`
	GLCM    struct {
		Contrast    *tensor `json:"contrast"`
		Homogeneity *tensor `json:"homogeneity"`
		Energy      *tensor `json:"energy"`
		Correlation *tensor `json:"correlation"`
	} `json:"glcm_8_levels"`
}

type tensor struct {
	Shape []int     `json:"shape"`
	Data  []float64 `json:"data"`
}

func TestConformanceFeatures(t *testing.T) {
	names, err := conformance.FeatureFiles(conformance.Folder(), "image_*.json")
	if err != nil {
		t.Fatal(err)
	}
	if len(names) == 0 {
		t.Skip("no features/image_*.json in FUSOR_CONFORMANCE or ../shared/conformance")
	}
	for _, name := range names {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".json"), func(t *testing.T) { conform(t, name) })
	}
}

func conform(t *testing.T, name string) {
	var g golden
	if err := conformance.ReadFile(name, &g); err != nil {
		t.Fatal(err)
	}
	if g.Levels != "levels luma8/32; distances 1,2; angles 0,45,90,135 degrees; symmetric, normed" {
		t.Fatalf("co-occurrence of a kind that this test does not know: %s", g.Levels)
	}
	w, h := g.Crop[2]-g.Crop[0], g.Crop[3]-g.Crop[1]
	if w*h == 0 || len(g.Raw) != 3*w*h || len(g.Luma8) != w*h {
		t.Fatalf("crop %v with %d samples and %d of luma", g.Crop, len(g.Raw), len(g.Luma8))
	}
	if g.HSV == nil || g.HOG == nil || g.LBP == nil || g.GLCM.Contrast == nil || g.GLCM.Homogeneity == nil || g.GLCM.Energy == nil || g.GLCM.Correlation == nil {
		t.Fatal("a case without one of its features")
	}
	m := vision.FromRGB(w, h, bytesOf(g.Raw))
	luma := bytesOf(g.Luma8)

	counts := make([]uint32, 48)
	vision.HSVHistograms(counts, m, 16)
	compare(t, "HSV histograms", shares(counts, w*h), g.HSV.Data, 1e-6)

	counts = make([]uint32, vision.RotationInvariantBins)
	vision.CircularLBP(counts, luma, w, h)
	compare(t, "LBP", shares(counts, w*h), g.LBP.Data, 1e-3)

	gray := make([]float32, w*h)
	for i := range gray {
		gray[i] = float32(g.Weights[0]*float64(g.Raw[3*i]) + g.Weights[1]*float64(g.Raw[3*i+1]) + g.Weights[2]*float64(g.Raw[3*i+2]))
		gray[i] /= 255
	}
	hog := vision.HOG{Orientations: 9, Cell: 16, Block: 2}
	compare(t, "HOG", floats(hog.Reference(nil, gray, w, h)), g.HOG.Data, 1e-3)

	q := make([]uint8, len(luma))
	for i, v := range luma {
		q[i] = v / 32
	}
	var contrast, homogeneity, energy, correlation []float64
	scratch := make([]uint32, 64)
	for _, d := range []float64{1, 2} {
		for _, angle := range []float64{0, 45, 90, 135} {
			dx := int(math.Round(math.Cos(angle*math.Pi/180) * d))
			dy := int(math.Round(math.Sin(angle*math.Pi/180) * d))
			p := vision.CoOccurrence(q, w, h, dx, dy, 8, scratch)
			contrast = append(contrast, float64(p.Contrast))
			homogeneity = append(homogeneity, float64(p.Homogeneity))
			energy = append(energy, float64(p.Energy))
			correlation = append(correlation, float64(p.Correlation))
		}
	}
	compare(t, "GLCM contrast", contrast, g.GLCM.Contrast.Data, 1e-5)
	compare(t, "GLCM homogeneity", homogeneity, g.GLCM.Homogeneity.Data, 1e-5)
	compare(t, "GLCM energy", energy, g.GLCM.Energy.Data, 1e-5)
	compare(t, "GLCM correlation", correlation, g.GLCM.Correlation.Data, 1e-5)
}

func compare(t *testing.T, what string, got, want []float64, tolerance float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: %d values, want %d", what, len(got), len(want))
		return
	}
	worst, at := 0.0, 0
	for i := range got {
		if d := math.Abs(got[i] - want[i]); d > worst || math.IsNaN(d) {
			worst, at = d, i
		}
	}
	t.Logf("%s: off by at most %.3g", what, worst)
	if !(worst <= tolerance) {
		t.Errorf("%s: off by %.3g at %d: %g, want %g", what, worst, at, got[at], want[at])
	}
}

func bytesOf(in []int) []uint8 {
	out := make([]uint8, len(in))
	for i, v := range in {
		out[i] = uint8(v)
	}
	return out
}

func shares(counts []uint32, n int) []float64 {
	out := make([]float64, len(counts))
	for i, c := range counts {
		out[i] = float64(c) / float64(n)
	}
	return out
}

func floats(in []float32) []float64 {
	out := make([]float64, len(in))
	for i, v := range in {
		out[i] = float64(v)
	}
	return out
}
