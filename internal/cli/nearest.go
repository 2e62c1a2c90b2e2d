package cli

import "strings"

// Nearest is the one of names that was probably meant by name, or "" if none is near: at most two
// edits away, and at most a third of its letters.
func Nearest(name string, names []string) string {
	meant, least := "", min(2, len([]rune(strings.TrimLeft(name, "-")))/3)+1
	for _, n := range names {
		if d := edits(strings.ToLower(name), n); d < least {
			meant, least = n, d
		}
	}
	return meant
}

// edits is how many letters must be put in, taken away, changed or exchanged with the next to make
// b of a.
func edits(a, b string) int {
	x, y := []rune(a), []rune(b)
	d := make([][]int, len(x)+1)
	for i := range d {
		d[i] = make([]int, len(y)+1)
		d[i][0] = i
	}
	for j := range d[0] {
		d[0][j] = j
	}
	for i := range x {
		for j := range y {
			change := d[i][j]
			if x[i] != y[j] {
				change++
			}
			d[i+1][j+1] = min(d[i][j+1]+1, d[i+1][j]+1, change)
			if i > 0 && j > 0 && x[i] == y[j-1] && x[i-1] == y[j] {
				d[i+1][j+1] = min(d[i+1][j+1], d[i-1][j-1]+1)
			}
		}
	}
	return d[len(x)][len(y)]
}
