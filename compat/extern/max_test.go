package extern_test

import (
	"testing"

	"github.com/fusor-ml/fusor/compat/extern"
	"github.com/fusor-ml/fusor/fusion"
	"github.com/fusor-ml/fusor/fusion/fusiontest"
)

func TestLaws(t *testing.T) { fusiontest.Run(t, extern.Max) }

func TestTable(t *testing.T) {
	methods := fusion.Methods.With(extern.Max)
	if m, ok := methods.Lookup("max"); !ok || m.Doc != extern.Max.Doc {
		t.Errorf("the method is not in the table: %v", methods.Names())
	}
}
