package main

import "testing"

// What the demo states to type next can be typed.
func TestWord(t *testing.T) {
	for path, want := range map[string]string{"birds/birds.csv": "birds/birds.csv", "演 示/birds.csv": `"演 示/birds.csv"`, "a(1)": `"a(1)"`} {
		if got := word(path); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}
