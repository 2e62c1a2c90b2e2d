package export_test

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/fusor-ml/fusor/export"
	"github.com/fusor-ml/fusor/fusion"
	"github.com/fusor-ml/fusor/model"
)

// A method from outside is refused by its name.
func TestUnknownMethod(t *testing.T) {
	s := setup{method: "mean", views: kinds()["two"], scaling: "feature"}
	a := s.made(t, rand.New(rand.NewPCG(1, 1)))
	own, _ := fusion.Methods.Lookup("mean")
	own.Name, a.Spec.Method = "own", "own"
	var err error
	if a.Model, err = model.Build(a.Spec, fusion.Methods.With(own)); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err = export.ONNX(&b, a, export.Options{}); err == nil || !strings.Contains(err.Error(), "fusion own has no exporter") || b.Len() > 0 {
		t.Errorf("error %v", err)
	}
}
