package tokenizer

import (
	"slices"
	"unicode/utf8"
)

// unknownPenalty is how much less likely than the rarest piece an unknown character is.
const unknownPenalty = 10

// unigram finds the most likely way to cut a text into pieces (Kudo, 2018).
type unigram struct {
	pieces  *trie
	scores  []float64 // by id
	unknown int32
	lowest  float64 // score of an unknown character
	bytes   *byteTokens
}

func newUnigram(v *vocabulary, scores []float64, unknown int32) *unigram {
	lowest := slices.Min(scores) - unknownPenalty
	return &unigram{pieces: newTrie(v.tokens, v.ids), scores: scores, unknown: unknown, lowest: lowest}
}

// step is the best way to a place in the text.
type step struct {
	score float64
	from  int32 // -1: not reached
	piece int32 // id of the last piece; -1: an unknown character
}

func (m *unigram) encode(ids []int32, s string, w *workspace) []int32 {
	if cap(w.steps) < len(s)+1 {
		w.steps = make([]step, len(s)+1)
	}
	steps := w.steps[:len(s)+1]
	// The Viterbi algorithm: steps[i] is the best way to byte i, in float64 as the reference.
	for i := range steps {
		steps[i] = step{from: -1}
	}
	for at := 0; at < len(s); {
		_, width := utf8.DecodeRuneInString(s[at:])
		score := steps[at].score
		single := false // whether a piece is just the character here
		node := int32(0)
		for i := at; i < len(s); i++ {
			// All pieces that begin here, by one walk down the trie.
			if node = m.pieces.next(node, s[i]); node < 0 {
				break
			}
			piece := m.pieces.value[node]
			if piece < 0 {
				continue
			}
			to := &steps[i+1]
			// Of equal ones the first found, which begins earlier.
			if c := score + m.scores[piece]; to.from < 0 || c > to.score {
				*to = step{c, int32(at), piece}
			}
			single = single || i+1-at == width
		}
		// An unknown character costs more than any piece, so that it is used only where nothing fits.
		if !single {
			to := &steps[at+width]
			if c := score + m.lowest; to.from < 0 || c > to.score {
				*to = step{c, int32(at), -1}
			}
		}
		at += width
	}
	// From the end back, then reversed. Neighboring unknown characters are one.
	start := len(ids)
	for end := len(s); end > 0; {
		t := steps[end]
		from := int(t.from)
		if !m.isUnknown(t) {
			ids = append(ids, t.piece)
			end = from
			continue
		}
		for from > 0 && m.isUnknown(steps[from]) {
			from = int(steps[from].from)
		}
		ids = m.appendUnknown(ids, s[from:end])
		end = from
	}
	for i, j := start, len(ids)-1; i < j; i, j = i+1, j-1 {
		ids[i], ids[j] = ids[j], ids[i]
	}
	return ids
}

func (m *unigram) isUnknown(t step) bool { return t.piece < 0 || t.piece == m.unknown }

// appendUnknown appends the ids of s, of unknown characters, from back to front.
func (m *unigram) appendUnknown(ids []int32, s string) []int32 {
	if node := m.pieces.walk(s); node >= 0 && m.pieces.value[node] >= 0 {
		return append(ids, m.pieces.value[node])
	}
	if !m.bytes.know(s) {
		return append(ids, m.unknown)
	}
	for i := len(s) - 1; i >= 0; i-- {
		ids = append(ids, m.bytes[s[i]])
	}
	return ids
}
