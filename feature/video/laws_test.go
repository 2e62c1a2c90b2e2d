package video

import (
	"testing"

	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/feature/featuretest"
	"github.com/fusor-ml/fusor/media"
)

func TestLaws(t *testing.T) {
	dir := t.TempDir()
	a, b := writeFile(t, dir, "a.avi", aviOf(t, 440, moves(8)...)), writeFile(t, dir, "b.avi", aviOf(t, 300, moves(1)...))
	c := writeFile(t, dir, "silent.gif", gifOf(t, moves(5)...))
	featuretest.Run(t, Modality(), &dataset.Column{Name: "clip", Kind: media.Video}, media.Folder{Dir: dir},
		dataset.Cell{Files: []string{a}}, dataset.Cell{Files: []string{b}}, dataset.Cell{Files: []string{c}}, dataset.Cell{Files: []string{a, b}})
}
