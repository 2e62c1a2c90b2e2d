package archtest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestDecisions holds that every decision has a number of its own, the same in its name and its
// title, and a line in the index.
func TestDecisions(t *testing.T) {
	const dir = "../../docs/decisions"
	index, err := os.ReadFile(filepath.Join(dir, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "0*.md"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no decisions: %v", err)
	}
	before := 0
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Base(f)
		var inName, inTitle int
		if _, err := fmt.Sscanf(name, "%d-", &inName); err != nil {
			t.Errorf("%s: the name does not begin with a number: %v", name, err)
		}
		if _, err := fmt.Sscanf(string(data), "# %d. ", &inTitle); err != nil || inTitle != inName {
			t.Errorf("%s: the title does not begin with \"# %d. \"", name, inName)
		}
		if inName == before {
			t.Errorf("%s: number %d is taken", name, inName)
		}
		before = inName
		if !strings.Contains(string(index), "("+name+")") {
			t.Errorf("%s is not in the index", name)
		}
	}
}
