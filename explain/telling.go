package explain

import "slices"

// Telling lists the subsets of n players that say most where there are too many
// to show: nobody, each alone, all but one, all.
func Telling(n int) [][]bool {
	none, all := make([]bool, n), slices.Repeat([]bool{true}, n)
	out := [][]bool{none}
	for p := range n {
		alone := slices.Clone(none)
		alone[p] = true
		out = append(out, alone)
	}
	for p := range n {
		without := slices.Clone(all)
		without[p] = false
		if n > 2 { // of two, those are the same
			out = append(out, without)
		}
	}
	if n > 1 {
		out = append(out, all)
	}
	return out
}
