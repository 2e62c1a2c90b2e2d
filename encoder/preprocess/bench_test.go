package preprocess_test

import (
	"testing"
	"testing/fstest"

	"github.com/fusor-ml/fusor/encoder/preprocess"
	"github.com/fusor-ml/fusor/internal/vision"
)

// photo is a picture of 640 × 480 pixels.
func photo() *vision.Image {
	rgb := make([]uint8, 3*640*480)
	for i := range rgb {
		rgb[i] = uint8(i * i >> 7)
	}
	return vision.FromRGB(640, 480, rgb)
}

func benchmarkImage(b *testing.B, config string) {
	p, err := preprocess.OpenImage(fstest.MapFS{"preprocessor_config.json": {Data: []byte(config)}}, "")
	if err != nil {
		b.Fatal(err)
	}
	m := photo()
	b.ReportAllocs()
	for b.Loop() {
		if _, _, _, err := p.Values(m); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkViT(b *testing.B) {
	benchmarkImage(b, `{"image_processor_type": "ViTImageProcessor"}`)
}

func BenchmarkShortestEdgeAndCrop(b *testing.B) {
	benchmarkImage(b, `{"image_processor_type": "ViTImageProcessor", "size": {"shortest_edge": 256}, "resample": 3, "do_center_crop": true, "crop_size": 224}`)
}
