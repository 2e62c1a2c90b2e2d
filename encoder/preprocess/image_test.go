package preprocess_test

import (
	"errors"
	"math"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/fusor-ml/fusor/encoder/preprocess"
	"github.com/fusor-ml/fusor/internal/vision"
)

func openImage(config, modelType string) (*preprocess.Image, error) {
	return preprocess.OpenImage(fstest.MapFS{"preprocessor_config.json": {Data: []byte(config)}}, modelType)
}

func TestImageConfigurations(t *testing.T) {
	good := func(config, modelType string, height, width int) {
		t.Helper()
		p, err := openImage(config, modelType)
		if err != nil {
			t.Errorf("%s: %v", config, err)
			return
		}
		_, h, w, err := p.Values(photo())
		if err != nil || h != height || w != width {
			t.Errorf("%s: %d × %d, %v; want %d × %d", config, h, w, err, height, width)
		}
		if h, w, ok := p.Size(); ok && (h != height || w != width) {
			t.Errorf("%s: the size is said to be %d × %d", config, h, w)
		}
	}
	bad := func(config, want string) {
		t.Helper()
		if _, err := openImage(config, ""); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want one with %q", config, err, want)
		}
	}
	good(`{"image_processor_type": "CLIPImageProcessor"}`, "", 224, 224)
	good(`{"feature_extractor_type": "CLIPFeatureExtractor", "size": 64, "crop_size": 48}`, "", 48, 48)
	good(`{"image_processor_type": "CLIPImageProcessor", "size": 60, "do_center_crop": false}`, "", 60, 80)
	good(`{"image_processor_type": "ViTImageProcessorFast", "size": 32}`, "", 32, 32)
	good(`{"size": [20, 30]}`, "vit", 20, 30)
	good(`{"image_processor_type": "ConvNextImageProcessor"}`, "", 384, 384)
	good(`{"size": 224, "crop_pct": 0.875}`, "resnet", 224, 224)
	good(`{"image_processor_type": "LevitImageProcessor", "do_center_crop": false, "size": 56}`, "", 64, 85)
	good(`{"image_processor_type": "BitImageProcessor", "do_resize": false, "crop_size": {"height": 500, "width": 30}}`, "", 500, 30)
	good(`{"image_processor_type": "ViTImageProcessor", "do_resize": false, "image_mean": 0.5, "image_std": 0.25}`, "", 480, 640)

	bad(`{}`, "names no image_processor_type")
	bad(`{"image_processor_type": "SamImageProcessor"}`, "SamImageProcessor")
	bad(`{"image_processor_type": "ViTImageProcessor", "resample": 6}`, "resample 6")
	bad(`{"image_processor_type": "ViTImageProcessor", "size": 0, "crop_size": 1}`, "a size of 0 × 0")
	bad(`{"image_processor_type": "ViTImageProcessor", "size": 100000}`, "a size of 100000")
	bad(`{"image_processor_type": "CLIPImageProcessor", "size": {"shortest_edge": -1}}`, "shortest_edge -1")
	bad(`{"image_processor_type": "CLIPImageProcessor", "size": {"shortest_edge": 5, "longest_edge": 9}}`, "longest_edge")
	bad(`{"image_processor_type": "CLIPImageProcessor", "crop_size": [1, 2, 3]}`, "a size of 3 numbers")
	bad(`{"image_processor_type": "CLIPImageProcessor", "image_std": [0, 1, 1]}`, "image_std is 0")
	bad(`{"image_processor_type": "CLIPImageProcessor", "image_mean": [0, 1]}`, "2 channels")
	bad(`{"image_processor_type": "ConvNextImageProcessor", "size": 224, "crop_pct": 0}`, "crop_pct 0")
	bad(`{"image_processor_type": "MobileNetV2ImageProcessor", "do_flip_channel_order": true}`, "do_flip_channel_order")
	bad(`[]`, "cannot read preprocessor_config.json")
	if _, err := preprocess.OpenImage(fstest.MapFS{}, "vit"); !errors.Is(err, preprocess.ErrNoConfig) {
		t.Errorf("without a file: %v", err)
	}
}

// Only what a crop leaves of a long picture is computed; what would stay too large is an error.
func TestLongPictures(t *testing.T) {
	long := vision.NewColor(200_000, 1)
	p, err := openImage(`{"image_processor_type": "CLIPImageProcessor"}`, "")
	if err != nil {
		t.Fatal(err)
	}
	if _, h, w, err := p.Values(long); err != nil || h != 224 || w != 224 {
		t.Errorf("%d × %d, %v", h, w, err)
	}
	if p, err = openImage(`{"image_processor_type": "CLIPImageProcessor", "do_center_crop": false}`, ""); err != nil {
		t.Fatal(err)
	}
	if _, _, _, err := p.Values(long); err == nil {
		t.Error("no error for a picture of 44 million columns")
	}
}

// A gray picture has three equal channels, but for the means and deviations.
func TestGrayPictures(t *testing.T) {
	gray := vision.NewGray(40, 30)
	for i := range gray.Y {
		gray.Y[i] = uint8(i)
	}
	p, err := openImage(`{"image_processor_type": "ViTImageProcessor", "size": 20, "image_mean": [0, 0.5, 1], "image_std": [1, 0.5, 0.25]}`, "")
	if err != nil {
		t.Fatal(err)
	}
	v, h, w, err := p.Values(gray)
	if err != nil {
		t.Fatal(err)
	}
	for i := range h * w {
		x := float64(v[i])
		if math.Abs(float64(v[h*w+i])-(x-0.5)/0.5) > 1e-6 || math.Abs(float64(v[2*h*w+i])-(x-1)/0.25) > 1e-6 {
			t.Fatalf("pixel %d: %v %v %v", i, v[i], v[h*w+i], v[2*h*w+i])
		}
	}
}

// FuzzConfig looks for configurations that crash, or ask for too much.
func FuzzConfig(f *testing.F) {
	f.Add(`{"image_processor_type": "CLIPImageProcessor", "size": 30, "crop_size": {"height": 9, "width": 50}, "resample": 1}`)
	f.Add(`{"image_processor_type": "ConvNextImageProcessor", "size": {"shortest_edge": 7}, "crop_pct": 0.001}`)
	f.Add(`{"feature_size": 80, "n_fft": 400, "chunk_length": 1, "hop_length": 160}`)
	f.Add(`{"feature_size": 1, "do_normalize": true}`)
	m := vision.NewColor(9, 5)
	f.Fuzz(func(t *testing.T, config string) {
		if len(config) > 1<<12 {
			return
		}
		fsys := fstest.MapFS{"preprocessor_config.json": {Data: []byte(config)}}
		if p, err := preprocess.OpenImage(fsys, "vit"); err == nil {
			if h, w, ok := p.Size(); !ok || h*w < 1<<16 {
				if v, h, w, err := p.Values(m); err == nil && len(v) != 3*h*w {
					t.Fatalf("%d values for %d × %d", len(v), h, w)
				}
			}
		}
		if s, err := preprocess.OpenSound(fsys); err == nil && s.Chunk < 1<<16 && s.Bands() < 200 {
			if v, shape, err := s.Values(make([]float32, 100)); err == nil && len(shape) == 2 && len(v) != shape[0]*shape[1] {
				t.Fatalf("%d values of the shape %v", len(v), shape)
			}
		}
	})
}
