package main

import (
	"strings"
)

// unknown is the error for a name that is not among names, with the one that was probably meant.
func unknown(what, name string, names []string) error {
	meant := ""
	for _, n := range names {
		if edits(strings.ToLower(name), n) <= farthest(name) && (meant == "" || edits(strings.ToLower(name), n) < edits(strings.ToLower(name), meant)) {
			meant = n
		}
	}
	if meant != "" {
		return usagef("no %s %q, did you mean %q? there are %s", what, name, meant, list(names))
	}
	return usagef("no %s %q; there are %s", what, name, list(names))
}

// farthest is how many edits still make a name near: a third of a short one's letters, 2 of others.
func farthest(name string) int { return min(2, len([]rune(name))/3) }

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
