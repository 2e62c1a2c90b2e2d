// Package views lists every modality that fusor knows, with its views.
package views

import (
	"github.com/fusor-ml/fusor/feature"
	"github.com/fusor-ml/fusor/feature/audio"
	"github.com/fusor-ml/fusor/feature/image"
	"github.com/fusor-ml/fusor/feature/tabular"
	"github.com/fusor-ml/fusor/feature/text"
	"github.com/fusor-ml/fusor/feature/video"
)

// All returns the catalog of all modalities.
func All() feature.Catalog {
	return append(feature.Catalog{
		text.Modality(), image.Modality(), audio.Modality(), video.Modality(), tabular.Table(), tabular.Vectors(),
	}, tabular.Arrays()...)
}
