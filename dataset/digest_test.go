package dataset

import (
	"bytes"
	"fmt"
	"testing"

	"pgregory.net/rapid"
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
