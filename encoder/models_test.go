package encoder_test

import (
	"math"
	"testing"

	"github.com/fusor-ml/fusor/encoder"
)

// TestSameModel holds that one model as safetensors and as an ONNX graph makes the same vectors.
func TestSameModel(t *testing.T) {
	texts := []string{"", "A man is eating food.", "Ein Mann isst etwas.", "一个人在吃东西", "The quick brown fox jumps over the lazy dog, again and again."}
	encode := func(name string) []float32 {
		e, err := encoder.Open(models(t, name), encoder.Options{})
		if err != nil {
			t.Fatal(err)
		}
		v, err := e.EncodeTexts(t.Context(), nil, texts)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	a, b := encode("gt-minilm"), encode("all-minilm-l6-v2")
	dim := len(a) / len(texts)
	for i := range texts {
		x, y := a[i*dim:(i+1)*dim], b[i*dim:(i+1)*dim]
		var xy, xx, yy float64
		for k := range x {
			xy += float64(x[k]) * float64(y[k])
			xx += float64(x[k]) * float64(x[k])
			yy += float64(y[k]) * float64(y[k])
		}
		if cos := xy / math.Sqrt(xx*yy); !(cos > 1-1e-6) {
			t.Errorf("%q: the cosine of the two vectors is %g", texts[i], cos)
		}
	}
}

// TestPictureModel holds that a convolutional network as ONNX distinguishes pictures.
func TestPictureModel(t *testing.T) {
	e, err := encoder.Open(models(t, "efficientnet-lite0"), encoder.Options{})
	if err != nil {
		t.Fatal(err)
	}
	black, striped := encoder.NewPicture(300, 200), encoder.NewPicture(300, 200)
	for i := range striped.R {
		striped.R[i] = uint8(i % 7 * 30)
	}
	v, err := e.EncodeImages(t.Context(), nil, []*encoder.Picture{black, striped, black})
	if err != nil {
		t.Fatal(err)
	}
	dim := e.Info().Image.Dim
	same, other := 0.0, 0.0
	for k := range dim {
		same += math.Abs(float64(v[k] - v[2*dim+k]))
		other += math.Abs(float64(v[k] - v[dim+k]))
	}
	if same != 0 || !(other > 1) {
		t.Errorf("equal pictures differ by %g, others by %g", same, other)
	}
}
