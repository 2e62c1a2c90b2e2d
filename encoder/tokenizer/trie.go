package tokenizer

import (
	"slices"
	"sort"
)

// A trie finds the entries of a vocabulary that a text begins with. The children of node n are
// labels[first[n]:first[n+1]], in ascending order, and are numbered by their place there, plus 1.
type trie struct {
	first  []int32
	labels []byte
	value  []int32 // by node; -1: no entry ends here
	root   [256]int32
}

// newTrie returns the trie of keys, with the values of the same places. Of equal keys the last
// counts.
func newTrie(keys []string, values []int32) *trie {
	order := make([]int, len(keys))
	for i := range order {
		order[i] = i
	}
	sort.SliceStable(order, func(a, b int) bool { return keys[order[a]] < keys[order[b]] })
	t := &trie{}
	// Breadth first, so that the children of a node lie side by side.
	type span struct{ from, to, depth int } // keys with one prefix
	queue := []span{{0, len(keys), 0}}
	for len(queue) > 0 {
		var next []span
		for _, s := range queue {
			value := int32(-1)
			at := s.from
			for at < s.to && len(keys[order[at]]) == s.depth {
				value = values[order[at]]
				at++
			}
			t.value = append(t.value, value)
			t.first = append(t.first, int32(len(t.labels)))
			for at < s.to {
				label := keys[order[at]][s.depth]
				end := at + sort.Search(s.to-at, func(i int) bool { return keys[order[at+i]][s.depth] > label })
				t.labels = append(t.labels, label)
				next = append(next, span{at, end, s.depth + 1})
				at = end
			}
		}
		queue = next
	}
	t.first = append(t.first, int32(len(t.labels)))
	for i := range t.root {
		t.root[i] = -1
	}
	for i, c := range t.labels[t.first[0]:t.first[1]] {
		t.root[c] = t.first[0] + int32(i) + 1
	}
	return t
}

// next returns the child of node by the byte c, or -1.
func (t *trie) next(node int32, c byte) int32 {
	if node == 0 {
		return t.root[c]
	}
	from := t.first[node]
	labels := t.labels[from:t.first[node+1]]
	if len(labels) > 8 {
		i, ok := slices.BinarySearch(labels, c)
		if !ok {
			return -1
		}
		return from + int32(i) + 1
	}
	for i, l := range labels {
		if l == c {
			return from + int32(i) + 1
		}
	}
	return -1
}

// longest returns the value and the length of the longest entry that s begins with, going on
// from node; the length is 0 where there is none.
func (t *trie) longest(node int32, s string) (value int32, n int) {
	for i := 0; i < len(s); i++ {
		if node = t.next(node, s[i]); node < 0 {
			break
		}
		if v := t.value[node]; v >= 0 {
			value, n = v, i+1
		}
	}
	return value, n
}

// walk returns the node that s leads to from the root, or -1.
func (t *trie) walk(s string) int32 {
	node := int32(0)
	for i := 0; i < len(s) && node >= 0; i++ {
		node = t.next(node, s[i])
	}
	return node
}
