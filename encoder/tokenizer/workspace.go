package tokenizer

import (
	"strings"

	"github.com/clipperhouse/uax29/v2/graphemes"
)

// Bounds of what a workspace keeps between texts.
const (
	maxCachedWord  = 64      // bytes
	maxCachedWords = 1 << 15 //
	maxCachedIDs   = 1 << 18 //
	maxIdle        = 64      // workspaces
	maxKept        = 1 << 16 // elements of a scratch slice
)

// workspace is the memory of one call, and the words that were encoded before.
type workspace struct {
	ids       []int32
	limit     int  // how many ids are wanted; -1: all
	wantFirst bool // whether it matters what begins a text

	pieces  []piece
	symbols []symbol
	heap    []candidate
	steps   []step
	text    []byte

	words  map[string][2]int32 // a word's ids as a part of stored
	stored []int32
}

func (t *Tokenizer) workspace() *workspace {
	t.mu.Lock()
	defer t.mu.Unlock()
	if n := len(t.idle); n > 0 {
		w := t.idle[n-1]
		t.idle = t.idle[:n-1]
		return w
	}
	return &workspace{words: map[string][2]int32{}, wantFirst: usesFirst(t.preTokenizer)}
}

// release keeps w for another call, without the memory that a very long text took.
func (t *Tokenizer) release(w *workspace) {
	clear(w.pieces) // they hold on to the text
	w.ids, w.pieces, w.symbols, w.heap, w.steps = kept(w.ids), kept(w.pieces), kept(w.symbols), kept(w.heap), kept(w.steps)
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.idle) < maxIdle {
		t.idle = append(t.idle, w)
	}
}

func kept[T any](s []T) []T {
	if cap(s) > maxKept {
		return nil
	}
	return s
}

func (w *workspace) full() bool { return w.limit >= 0 && len(w.ids) >= w.limit }

// token appends an added token.
func (w *workspace) token(id int32) bool {
	w.ids = append(w.ids, id)
	return !w.full()
}

// cached returns the ids of a word that was encoded before.
func (w *workspace) cached(s string) ([]int32, bool) {
	if len(s) > maxCachedWord {
		return nil, false
	}
	span, ok := w.words[s]
	if !ok {
		return nil, false
	}
	return w.stored[span[0]:span[1]], true
}

// keep remembers the ids of a word.
func (w *workspace) keep(s string, ids []int32) {
	if len(s) > maxCachedWord {
		return
	}
	if len(w.words) >= maxCachedWords || len(w.stored) >= maxCachedIDs {
		clear(w.words)
		w.stored = w.stored[:0]
	}
	start := int32(len(w.stored))
	w.stored = append(w.stored, ids...)
	w.words[strings.Clone(s)] = [2]int32{start, int32(len(w.stored))}
}

// usesFirst reports whether t treats the beginning of a text as something of its own.
func usesFirst(t preTokenizer) bool {
	switch t := t.(type) {
	case metaspace:
		return t.prefix == prefixFirst
	case preTokenizers:
		for _, u := range t {
			if usesFirst(u) {
				return true
			}
		}
	}
	return false
}

func firstCluster(s string) string {
	clusters := graphemes.FromString(s)
	clusters.Next()
	return clusters.Value()
}
