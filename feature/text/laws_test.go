package text

import (
	"strings"
	"testing"

	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/feature/featuretest"
	"github.com/fusor-ml/fusor/media"
)

func TestLaws(t *testing.T) {
	var cells []dataset.Cell
	for _, s := range []string{"a", "The bird sings, loudly; it sings again.", "小鸟在树上唱歌，声音很大。", "?!", "🐦 42 birds", strings.Repeat("word after word ", 400)} {
		cells = append(cells, dataset.Cell{Text: s})
	}
	featuretest.Run(t, Modality(), &dataset.Column{Name: "note", Kind: media.Text}, media.Folder{}, cells...)
}
