package text

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestReadEmbeddings(t *testing.T) {
	st := fit(t, Semantic(), []string{"good food 好", "good food 好"}).(TokenState)
	path := filepath.Join(t.TempDir(), "small.vec")
	write := func(s string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(s), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("4 2\ngood 1 2\nGood 9 9\n好 3 4\nnever 5 6\n")
	e, err := ReadEmbeddings(path, st)
	if err != nil {
		t.Fatal(err)
	}
	row := func(word string) []float32 {
		id := st.ID(TokenHash(word))
		return e.Values[id*e.Dim : (id+1)*e.Dim]
	}
	if e.Dim != 2 || e.Count != 2 || len(e.Values) != 2*st.Dim() || !slices.Equal(row("good"), []float32{1, 2}) ||
		!slices.Equal(row("好"), []float32{3, 4}) || e.Found[st.ID(TokenHash("food"))] || e.Found[UnknownToken] {
		t.Errorf("%+v", e)
	}
	write("good 1 2\n好 3\n")
	if _, err := ReadEmbeddings(path, st); err == nil || !strings.Contains(err.Error(), "small.vec") || !strings.Contains(err.Error(), "line 2") {
		t.Errorf("%v", err)
	}
	if _, err := ReadEmbeddings(path+"x", st); err == nil {
		t.Error("a missing file was read")
	}
}
