package dataset

import (
	"bytes"
	"fmt"
	"math"
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"github.com/fusor-ml/fusor/media"
)

// Texts are quoted as fmt does it, which kept digests rest on.
func TestAppendQuoted(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		texts := rapid.SliceOf(rapid.String()).Draw(t, "texts")
		if got, want := appendQuoted(nil, texts), fmt.Appendf(nil, "%q", texts); !bytes.Equal(got, want) {
			t.Fatalf("%s, not %s", got, want)
		}
	})
}

// Whatever a row or a cell holds changes the digest.
func TestDigestHasAll(t *testing.T) {
	changes := []func(r *Row, c *Cell){
		func(*Row, *Cell) {},
		func(r *Row, _ *Cell) { r.Number++ },
		func(r *Row, _ *Cell) { r.ID = "a" },
		func(r *Row, _ *Cell) { r.Split = "a" },
		func(r *Row, _ *Cell) { r.Group = "a" },
		func(r *Row, _ *Cell) { r.Order = 3 },
		func(r *Row, _ *Cell) { r.Label = "a" },
		func(r *Row, _ *Cell) { r.Class = 3 },
		func(r *Row, _ *Cell) { r.Labels = []int{} },
		func(r *Row, _ *Cell) { r.Labels = []int{3} },
		func(r *Row, _ *Cell) { r.Target = math.NaN() },
		func(_ *Row, c *Cell) { c.Text = "a" },
		func(_ *Row, c *Cell) { c.Files = []string{"a"} },
		func(_ *Row, c *Cell) { c.Data = []byte("a") },
		func(_ *Row, c *Cell) { c.Data = []byte("b") },
		func(_ *Row, c *Cell) { c.Data, c.Name = []byte("a"), "a" },
		func(_ *Row, c *Cell) { c.Media = []media.Source{media.Bytes("a", []byte("a"))} },
		func(_ *Row, c *Cell) { c.Media = []media.Source{media.Bytes("b", []byte("a"))} },
		func(_ *Row, c *Cell) { c.Media = []media.Source{media.Bytes("b", []byte("b"))} },
		func(_ *Row, c *Cell) { c.Vector = []float32{1} },
		func(_ *Row, c *Cell) { c.Index = []uint32{1} },
		func(_ *Row, c *Cell) { c.Fields = []string{"a"} },
		func(_ *Row, c *Cell) { c.Fields = []string{"a", ""} },
		func(_ *Row, c *Cell) { c.Incomplete = true },
	}
	seen := map[string]int{}
	for k, change := range changes {
		r := Row{Cells: make([]Cell, 1)}
		change(&r, &r.Cells[0])
		sum := (&Dataset{Rows: []Row{r}}).Digest()
		if other, ok := seen[sum]; ok {
			t.Errorf("change %d has the digest of change %d", k, other)
		}
		seen[sum] = k
	}
}

// A text is written between quotes as the standard library does, whatever is in it and where.
func TestAppendQuote(t *testing.T) {
	for n := range 20 {
		for at := range n {
			for c := range 256 {
				for _, around := range []string{"a", " ", "~", "0", "!"} {
					b := bytes.Repeat([]byte(around), n)
					b[at] = byte(c)
					if got, want := string(appendQuote(nil, string(b))), strconv.Quote(string(b)); got != want {
						t.Fatalf("%q, want %q", got, want)
					}
				}
			}
		}
	}
}
