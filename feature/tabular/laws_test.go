package tabular

import (
	"testing"

	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/feature/featuretest"
	"github.com/fusor-ml/fusor/media"
)

func TestLawsOfTables(t *testing.T) {
	f := func(fields ...string) dataset.Cell { return dataset.Cell{Fields: fields} }
	featuretest.Run(t, Table(), column(media.Number, media.Category, media.Date, media.Boolean), media.Folder{},
		f("1.5", "red", "2006-01-02", "true"), f("", "blue", "", "false"), f("-3e9", "", "2020-12-31T23:59:59Z", ""), f("2", "red", "1999-05-06", "true"), f("", "", "", ""))
}

func TestLawsOfVectors(t *testing.T) {
	f := func(x ...float32) dataset.Cell { return dataset.Cell{Vector: x} }
	featuretest.Run(t, Vectors(), &dataset.Column{Name: "v", Kind: media.Vector, Dim: 3}, media.Folder{},
		f(1, 2, 3), f(-1, 0, 1e9), f(0, 0, 0), f(1e-20, 5, 7))
}
