package image

import (
	"testing"

	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/feature/featuretest"
	"github.com/fusor-ml/fusor/media"
)

func TestLaws(t *testing.T) {
	dir := t.TempDir()
	a, b, c := writePNG(t, dir, "a.png", 64, 48), writePNG(t, dir, "b.png", 1, 1), writePNG(t, dir, "c.png", 300, 20)
	featuretest.Run(t, Modality(), &dataset.Column{Name: "photo", Kind: media.Image}, media.Folder{Dir: dir},
		dataset.Cell{Files: []string{a}}, dataset.Cell{Files: []string{b}}, dataset.Cell{Files: []string{c}}, dataset.Cell{Files: []string{a, c}})
}
