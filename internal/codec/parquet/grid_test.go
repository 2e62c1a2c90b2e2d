package parquet

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// compareWithPyarrow reads every *.parquet of a folder and compares each cell with the values that
// pyarrow wrote, from the *.json beside it. It returns how many files and cells there were.
func compareWithPyarrow(t *testing.T, dir string) (count, cells int) {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "*.parquet"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		data, err := os.ReadFile(strings.TrimSuffix(name, "parquet") + "json")
		if err != nil {
			t.Fatal(err)
		}
		var want map[string][]any
		if err := json.Unmarshal(data, &want); err != nil {
			t.Fatal(err)
		}
		table, err := ReadFile(name)
		if err != nil {
			t.Error(err)
			continue
		}
		count++
		got := map[string]Column{}
		for _, c := range table.Columns {
			got[c.Name] = c
		}
		for column, values := range want {
			c, ok := got[column]
			if !ok {
				t.Errorf("%s: no column %q, skipped %v", filepath.Base(name), column, table.Skipped)
				continue
			}
			for i, v := range values {
				cells++
				if diff := cellDiff(c, i, v); diff != "" {
					t.Errorf("%s: column %q row %d: %s", filepath.Base(name), column, i, diff)
					break
				}
			}
		}
	}
	return count, cells
}

// cellDiff compares cell i with its value in the notation of testdata/make.py.
func cellDiff(c Column, i int, want any) string {
	if c.Lists != nil {
		got := c.Lists[i]
		list, _ := want.([]any)
		if len(got) != len(list) {
			return fmt.Sprintf("%v, want %v", got, want)
		}
		for k := range got {
			if !sameNumber(float64(got[k]), list[k], 32) {
				return fmt.Sprintf("%v, want %v", got, want)
			}
		}
		return ""
	}
	got := c.Text[i]
	same := false
	switch want := want.(type) {
	case nil:
		same = got == ""
	case string:
		same = got == want
	case map[string]any:
		if at, ok := want["time"].(string); ok {
			w, err1 := time.Parse(time.RFC3339Nano, at)
			g, err2 := time.Parse(time.RFC3339Nano, got)
			same = err1 == nil && err2 == nil && g.Equal(w)
		} else if x, err := strconv.ParseFloat(got, 64); err == nil {
			same = sameNumber(x, want["number"], int(want["bits"].(float64)))
		}
	}
	if !same {
		return fmt.Sprintf("%q, want %v", got, want)
	}
	return ""
}

func sameNumber(got float64, want any, bits int) bool {
	var w float64
	switch v := want.(type) {
	case float64:
		w = v
	case string:
		w, _ = strconv.ParseFloat(v, 64)
	}
	if bits == 32 {
		got, w = float64(float32(got)), float64(float32(w))
	}
	return got == w || math.IsNaN(got) && math.IsNaN(w)
}

// The codecs, encodings, page versions and types of pyarrow 26, in small.
func TestGolden(t *testing.T) {
	files, cells := compareWithPyarrow(t, "testdata")
	if files < 11 || cells < 4000 {
		t.Errorf("%d files and %d cells", files, cells)
	}
}
