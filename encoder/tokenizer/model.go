package tokenizer

// A model turns a word into ids.
type model interface {
	// encode appends the ids of the word s, which is not empty.
	encode(ids []int32, s string, w *workspace) []int32
}

// wordPiece takes the longest piece again and again (Schuster and Nakajima, 2012).
type wordPiece struct {
	pieces   *trie
	inner    int32 // node of the prefix of pieces inside a word; -1: no piece has it
	unknown  int32
	maxChars int
}

func newWordPiece(v *vocabulary, prefix string, unknown int32, maxChars int) *wordPiece {
	m := &wordPiece{pieces: newTrie(v.tokens, v.ids), unknown: unknown, maxChars: maxChars}
	m.inner = m.pieces.walk(prefix)
	return m
}

func (m *wordPiece) encode(ids []int32, s string, _ *workspace) []int32 {
	if len(s) > m.maxChars {
		chars := 0
		for range s {
			if chars++; chars > m.maxChars {
				return append(ids, m.unknown)
			}
		}
	}
	start := len(ids)
	node := int32(0)
	for len(s) > 0 {
		var id int32
		n := 0
		if node >= 0 {
			id, n = m.pieces.longest(node, s)
		}
		if n == 0 {
			return append(ids[:start], m.unknown)
		}
		ids = append(ids, id)
		s, node = s[n:], m.inner
	}
	return ids
}

// wordLevel knows whole words only.
type wordLevel struct {
	ids     map[string]int32
	unknown int32
}

func (m *wordLevel) encode(ids []int32, s string, _ *workspace) []int32 {
	if id, ok := m.ids[s]; ok {
		return append(ids, id)
	}
	return append(ids, m.unknown)
}
