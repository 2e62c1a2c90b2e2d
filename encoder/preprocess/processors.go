package preprocess

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// processor holds the defaults of one class of image processors, which a configuration leaves out.
type processor struct {
	size       size
	square     bool // a size that is a number is of both edges
	filter     Filter
	crop       bool
	cropSize   size
	mean       channels
	deviation  channels
	includeTop bool                                // divides by the deviation once more
	enlarge    func(p *Image, c imageConfig) error // changes the size
}

var (
	half     = channels{0.5, 0.5, 0.5}
	clipMean = channels{0.48145466, 0.4578275, 0.40821073}
	clipDev  = channels{0.26862954, 0.26130258, 0.27577711}
	imgMean  = channels{0.485, 0.456, 0.406} // of ImageNet
	imgDev   = channels{0.229, 0.224, 0.225}
)

func squareOf(n int) size   { return size{Height: n, Width: n, set: true} }
func shortestOf(n int) size { return size{Shortest: n, set: true} }

// processors holds the classes by their names without ImageProcessor.
var processors = map[string]processor{
	"Beit":         {size: squareOf(224), square: true, filter: Bicubic, cropSize: squareOf(224), mean: half, deviation: half},
	"Bit":          {size: shortestOf(224), filter: Bicubic, crop: true, cropSize: squareOf(224), mean: clipMean, deviation: clipDev},
	"Blip":         {size: squareOf(384), square: true, filter: Bicubic, mean: clipMean, deviation: clipDev},
	"CLIP":         {size: shortestOf(224), filter: Bicubic, crop: true, cropSize: squareOf(224), mean: clipMean, deviation: clipDev},
	"ChineseCLIP":  {size: shortestOf(224), filter: Bicubic, crop: true, cropSize: squareOf(224), mean: clipMean, deviation: clipDev},
	"ConvNext":     {size: shortestOf(384), filter: Bicubic, mean: half, deviation: half, enlarge: enlargeConvNext},
	"DeiT":         {size: squareOf(256), square: true, filter: Bicubic, crop: true, cropSize: squareOf(224), mean: half, deviation: half},
	"EfficientNet": {size: squareOf(346), square: true, filter: Bicubic, cropSize: squareOf(289), mean: half, deviation: half, includeTop: true},
	"Levit":        {size: shortestOf(224), filter: Bicubic, crop: true, cropSize: squareOf(224), mean: imgMean, deviation: imgDev, enlarge: enlargeLevit},
	"MobileNetV1":  {size: shortestOf(256), filter: Bilinear, crop: true, cropSize: squareOf(224), mean: half, deviation: half},
	"MobileNetV2":  {size: shortestOf(256), filter: Bilinear, crop: true, cropSize: squareOf(224), mean: half, deviation: half},
	"Siglip":       {size: squareOf(224), filter: Bicubic, mean: half, deviation: half},
	"ViT":          {size: squareOf(224), square: true, filter: Bilinear, cropSize: squareOf(224), mean: half, deviation: half},
}

// processorOf names the processors of models whose files name none.
var processorOf = map[string]string{
	"beit": "Beit", "clip": "CLIP", "clip_vision_model": "CLIP", "convnext": "ConvNext", "convnextv2": "ConvNext", "deit": "DeiT",
	"dinov2": "Bit", "dinov2_with_registers": "Bit", "efficientnet": "EfficientNet", "resnet": "ConvNext", "siglip": "Siglip",
	"siglip_vision_model": "Siglip", "vit": "ViT",
}

// findProcessor returns the name and the defaults of the processor of a configuration. The
// processors whose names end in Fast resize in the same way but for a level here and there.
func findProcessor(c imageConfig, modelType string) (name string, p processor, err error) {
	name = c.Type
	if name == "" {
		name = c.OldType
	}
	if name == "" && processorOf[modelType] != "" {
		name = processorOf[modelType] + "ImageProcessor"
	}
	if name == "" {
		return "", p, errors.New("it names no image_processor_type")
	}
	short := strings.TrimSuffix(strings.TrimSuffix(name, "Fast"), "Pil")
	short = strings.TrimSuffix(strings.TrimSuffix(short, "ImageProcessor"), "FeatureExtractor")
	p, ok := processors[short]
	if !ok {
		known := slices.Sorted(maps.Keys(processors))
		return "", p, fmt.Errorf("the image processor %q is not supported; known are those of %s", name, strings.Join(known, ", "))
	}
	return name, p, nil
}

// enlargeConvNext is the resize of ConvNeXt: small pictures are cut out of larger ones.
func enlargeConvNext(p *Image, c imageConfig) error {
	const whole = 384 // from this size on nothing is cut off
	pct := or(c.CropPct, 224.0/256)
	switch {
	case p.warp:
		return errors.New("the size of a ConvNextImageProcessor is not a shortest_edge")
	case p.edge >= whole:
		p.warp, p.height, p.width = true, p.edge, p.edge
		return nil
	case !(pct > 0 && pct <= 1):
		return fmt.Errorf("crop_pct %g", pct)
	case p.crop:
		return errors.New("do_center_crop is not supported with a ConvNextImageProcessor")
	}
	p.crop, p.cropH, p.cropW = true, p.edge, p.edge
	p.edge = int(float64(p.edge) / pct)
	if !edges(p.edge) {
		return fmt.Errorf("crop_pct %g", pct)
	}
	return nil
}

// enlargeLevit is the resize of LeViT, 8/7 of the size.
func enlargeLevit(p *Image, _ imageConfig) error {
	if !p.warp {
		p.edge = int(256.0 / 224 * float64(p.edge))
	}
	return nil
}
