package tokenizer

import "unicode/utf8"

// bpe joins neighboring symbols in the order in which the joins were learned (Sennrich et al.,
// 2016).
type bpe struct {
	ids        map[string]int32
	merges     map[uint64]merge // by the two ids
	chars      [512]int32       // ids of the first characters, or -1
	bytes      *byteTokens
	prefix     string // before symbols that do not begin a word
	suffix     string // after the symbol that ends a word
	unknown    int32  // -1: unknown characters are left out
	fuse       bool   // neighboring unknown characters are one
	wholeWords bool   // a word that is in the vocabulary is not looked into
}

// byteTokens holds the ids of <0x00> … <0xFF>, the bytes of unknown characters, or -1.
type byteTokens [256]int32

// know reports whether every byte of s has a token.
func (b *byteTokens) know(s string) bool {
	if b == nil {
		return false
	}
	for i := range len(s) {
		if b[s[i]] < 0 {
			return false
		}
	}
	return true
}

type merge struct {
	rank, id int32
}

func pairKey(a, b int32) uint64 { return uint64(uint32(a))<<32 | uint64(uint32(b)) }

// symbol is a node of the list of a word's symbols.
type symbol struct {
	id         int32 // -1: joined to the symbol before it
	prev, next int32
}

// candidate is a join of the symbol at and the one after it.
type candidate struct {
	rank, at, id int32
}

func (m *bpe) encode(ids []int32, s string, w *workspace) []int32 {
	if m.wholeWords {
		if id, ok := m.ids[s]; ok {
			return append(ids, id)
		}
	}
	symbols := m.symbols(w.symbols[:0], s, w)
	w.symbols = symbols
	m.join(symbols, w)
	for _, y := range symbols {
		if y.id >= 0 {
			ids = append(ids, y.id)
		}
	}
	return ids
}

// symbols cuts s into characters.
func (m *bpe) symbols(out []symbol, s string, w *workspace) []symbol {
	add := func(id int32) { out = append(out, symbol{id, int32(len(out)) - 1, int32(len(out)) + 1}) }
	// With fuse_unk a run of unknown characters is one symbol.
	pending := false // an unknown character was seen, whose symbol is still to be added
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		first, last := i == 0, i+n == len(s)
		id := int32(-1)
		decorated := !first && m.prefix != "" || last && m.suffix != ""
		text := s[i : i+n]
		// CLIP marks the end of a word (</w>), others the inside (##): a character is looked up with its
		// mark.
		if decorated {
			w.text = w.text[:0]
			if !first {
				w.text = append(w.text, m.prefix...)
			}
			w.text = append(w.text, text...)
			if last {
				w.text = append(w.text, m.suffix...)
			}
			if known, ok := m.ids[string(w.text)]; ok {
				id = known
			} else if m.bytes != nil {
				text = string(w.text)
			}
		} else if r < rune(len(m.chars)) {
			id = m.chars[r]
		} else if known, ok := m.ids[text]; ok {
			id = known
		}
		i += n
		switch {
		case id >= 0:
			if pending {
				add(m.unknown)
				pending = false
			}
			add(id)
		// byte_fallback: all bytes of a character or none.
		case m.bytes.know(text):
			for k := range len(text) {
				add(m.bytes[text[k]])
			}
		case m.unknown >= 0:
			if pending && !m.fuse {
				add(m.unknown)
			}
			pending = true
		}
	}
	if pending {
		add(m.unknown)
	}
	if len(out) > 0 {
		out[len(out)-1].next = -1
	}
	return out
}

// join applies the merges, the earliest learned first and from left to right, in O(n log n).
func (m *bpe) join(symbols []symbol, w *workspace) {
	heap := w.heap[:0]
	push := func(at int32) {
		next := symbols[at].next
		if next < 0 {
			return
		}
		if g, ok := m.merges[pairKey(symbols[at].id, symbols[next].id)]; ok {
			heap = append(heap, candidate{g.rank, at, g.id})
			up(heap)
		}
	}
	for i := range symbols {
		push(int32(i))
	}
	for len(heap) > 0 {
		c := heap[0]
		last := len(heap) - 1
		heap[0] = heap[last]
		heap = heap[:last]
		down(heap)
		left := &symbols[c.at]
		// Merged into another in the meantime: entries are not removed from the heap.
		if left.id < 0 || left.next < 0 {
			continue
		}
		right := &symbols[left.next]
		// A candidate has expired unless its pair still joins to the same symbol.
		if g, ok := m.merges[pairKey(left.id, right.id)]; !ok || g.id != c.id {
			continue
		}
		left.id, left.next = c.id, right.next
		right.id = -1
		if left.next >= 0 {
			symbols[left.next].prev = c.at
		}
		// Both new neighbors may join now.
		if left.prev >= 0 {
			push(left.prev)
		}
		push(c.at)
	}
	w.heap = heap
}

func (a candidate) before(b candidate) bool {
	return a.rank < b.rank || a.rank == b.rank && a.at < b.at
}

// up moves the last element of h to its place.
func up(h []candidate) {
	i := len(h) - 1
	for i > 0 {
		p := (i - 1) / 2
		if !h[i].before(h[p]) {
			return
		}
		h[i], h[p] = h[p], h[i]
		i = p
	}
}

// down moves the first element of h to its place.
func down(h []candidate) {
	i := 0
	for {
		c := 2*i + 1
		if c >= len(h) {
			return
		}
		if c+1 < len(h) && h[c+1].before(h[c]) {
			c++
		}
		if !h[c].before(h[i]) {
			return
		}
		h[i], h[c] = h[c], h[i]
		i = c
	}
}

// byteChar maps bytes to printable characters, as GPT-2's published code does: those that are
// printable in Latin-1 stand for themselves, the others are numbered from 256 on.
var byteChar = func() (t [256]rune) {
	n := rune(256)
	for b := range t {
		if b >= '!' && b <= '~' || b >= 0xa1 && b <= 0xac || b >= 0xae {
			t[b] = rune(b)
		} else {
			t[b] = n
			n++
		}
	}
	return t
}()

// toByteChars writes every byte of s as a character.
func toByteChars(s string) string {
	out := make([]byte, 0, len(s)+len(s)/2)
	for i := range len(s) {
		out = utf8.AppendRune(out, byteChar[s[i]])
	}
	return string(out)
}
