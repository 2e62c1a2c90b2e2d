package tokenizer

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Bounds of a vocabulary, far above those in use (half a million tokens, 20 MB).
const (
	maxID         = 1<<24 - 1
	maxEntries    = 1 << 21
	maxTokenBytes = 16 << 20 // of all tokens together
)

// vocabulary maps tokens to ids.
type vocabulary struct {
	tokens  []string
	ids     []int32
	byToken map[string]int32
	taken   []uint64 // bits of the ids that are given
	size    int      // one more than the largest id
	bytes   int
}

func newVocabulary(n int) *vocabulary {
	return &vocabulary{tokens: make([]string, 0, n), ids: make([]int32, 0, n), byToken: make(map[string]int32, n)}
}

// add adds a token. Two tokens with one id are an error, one token with two ids too.
func (v *vocabulary) add(token string, id int64) error {
	if id < 0 || id > maxID {
		return fmt.Errorf("token %q has the id %d", cut(token), id)
	}
	if other, ok := v.byToken[token]; ok {
		if int64(other) != id {
			return fmt.Errorf("token %q has the ids %d and %d", cut(token), other, id)
		}
		return nil
	}
	if n := int(id/64) + 1; n > len(v.taken) {
		v.taken = slices.Grow(v.taken, n-len(v.taken))[:n]
	}
	if v.taken[id/64]&(1<<(id%64)) != 0 {
		return fmt.Errorf("the tokens %q and %q have the same id %d", cut(v.tokens[slices.Index(v.ids, int32(id))]), cut(token), id)
	}
	v.taken[id/64] |= 1 << (id % 64)
	if v.bytes += len(token); v.bytes > maxTokenBytes || len(v.tokens) >= maxEntries {
		return errors.New("the vocabulary is too large")
	}
	v.tokens, v.ids = append(v.tokens, token), append(v.ids, int32(id))
	v.byToken[token] = int32(id)
	v.size = max(v.size, int(id)+1)
	return nil
}

// extend adds a token to a copy of the vocabulary, or to v itself where it has the token already.
// The model keeps v, and must not see added tokens.
func (v *vocabulary) extend(token string, id int64, copied *bool) (*vocabulary, error) {
	if _, ok := v.byToken[token]; !ok && !*copied {
		v = &vocabulary{slices.Clone(v.tokens), slices.Clone(v.ids), maps.Clone(v.byToken), slices.Clone(v.taken), v.size, v.bytes}
		*copied = true
	}
	return v, v.add(token, id)
}

// byteTokens returns the tokens of bytes.
func (v *vocabulary) byteTokens() *byteTokens {
	b := new(byteTokens)
	for i := range b {
		b[i] = -1
		if id, ok := v.byToken[fmt.Sprintf("<0x%02X>", i)]; ok {
			b[i] = id
		}
	}
	return b
}

// tooMany reports whether a JSON list or object may have more than n entries.
func tooMany(raw json.RawMessage, n int) bool { return bytes.Count(raw, []byte{','}) > n }

// readVocabulary reads the JSON object of a vocabulary, {"token": id, …}.
func readVocabulary(raw json.RawMessage) (*vocabulary, error) {
	if tooMany(raw, maxEntries) {
		return nil, errors.New("the vocabulary is too large")
	}
	var m map[string]int64
	if err := json.Unmarshal(raw, &m); err != nil {
		return nil, fmt.Errorf("cannot read the vocabulary: %w", err)
	}
	if len(m) == 0 {
		return nil, errors.New("the vocabulary is empty")
	}
	v := newVocabulary(len(m))
	for token, id := range m {
		if err := v.add(token, id); err != nil {
			return nil, err
		}
	}
	return v, nil
}

// scoredPiece is an entry of a Unigram vocabulary, ["piece", logarithm of its probability].
type scoredPiece struct {
	text  string
	score float64
}

// parsePieces reads the list of a Unigram vocabulary from raw, which is valid JSON. Decoding a
// quarter of a million pairs by encoding/json takes seconds.
func parsePieces(raw []byte) ([]scoredPiece, error) {
	// About two commas a piece.
	pieces := make([]scoredPiece, 0, bytes.Count(raw, []byte{','})/2+1)
	at := 0
	next := func() byte { // the next byte that is no white space
		for at < len(raw) && (raw[at] == ' ' || raw[at] == '\n' || raw[at] == '\r' || raw[at] == '\t') {
			at++
		}
		if at == len(raw) {
			return 0
		}
		at++
		return raw[at-1]
	}
	malformed := func() ([]scoredPiece, error) {
		return nil, fmt.Errorf("piece %d of the vocabulary is not a pair of a text and a number", len(pieces))
	}
	if next() != '[' {
		return nil, errors.New("the vocabulary is not a list")
	}
	for c := next(); c != ']'; c = next() {
		if c == ',' && len(pieces) > 0 {
			c = next()
		}
		if c != '[' || next() != '"' {
			return malformed()
		}
		var p scoredPiece
		from, escaped := at, false
		for at < len(raw) && raw[at] != '"' {
			if raw[at] == '\\' {
				escaped = true
				at++
			}
			at++
		}
		if at >= len(raw) {
			return malformed()
		}
		p.text = string(raw[from:at])
		at++
		// Only then is a JSON decoder needed for the text.
		if escaped || !utf8.ValidString(p.text) {
			if err := json.Unmarshal(raw[from-1:at], &p.text); err != nil {
				return nil, err
			}
		}
		if next() != ',' {
			return malformed()
		}
		next()
		from = at - 1
		for at < len(raw) && raw[at] != ']' && raw[at] != ',' {
			at++
		}
		if at == len(raw) || raw[at] != ']' {
			return malformed()
		}
		var err error
		if p.score, err = strconv.ParseFloat(strings.TrimSpace(string(raw[from:at])), 64); err != nil {
			return malformed()
		}
		at++
		pieces = append(pieces, p)
	}
	return pieces, nil
}

// readPieces reads the JSON list of a Unigram vocabulary; ids are places in the list, and in
// scores.
func readPieces(raw json.RawMessage) (*vocabulary, []float64, error) {
	if tooMany(raw, 2*maxEntries) {
		return nil, nil, errors.New("the vocabulary is too large")
	}
	pieces, err := parsePieces(raw)
	if err != nil {
		return nil, nil, fmt.Errorf("cannot read the vocabulary: %w", err)
	}
	if len(pieces) == 0 {
		return nil, nil, errors.New("the vocabulary is empty")
	}
	v := newVocabulary(len(pieces))
	scores := make([]float64, len(pieces))
	for i := len(pieces) - 1; i >= 0; i-- {
		p := pieces[i]
		if math.IsNaN(p.score) || math.IsInf(p.score, 0) {
			return nil, nil, fmt.Errorf("piece %q has the score %g", cut(p.text), p.score)
		}
		scores[i] = p.score
		if v.has(p.text) { // of a piece that is listed twice the last counts
			continue
		}
		if err := v.add(p.text, int64(i)); err != nil {
			return nil, nil, err
		}
	}
	v.size = len(pieces)
	return v, scores, nil
}

// readMerges reads the joins of a BPE model, each "a b" or ["a", "b"].
func readMerges(raw json.RawMessage) ([][2]string, error) {
	if tooMany(raw, 2*maxEntries) {
		return nil, errors.New("there are too many merges")
	}
	var pairs [][]string
	if err := json.Unmarshal(raw, &pairs); err != nil {
		var lines []string
		if json.Unmarshal(raw, &lines) != nil {
			return nil, fmt.Errorf("cannot read the merges: %w", err)
		}
		return splitMerges(lines)
	}
	out := make([][2]string, len(pairs))
	for i, p := range pairs {
		if len(p) != 2 {
			return nil, fmt.Errorf("merge %d joins %d symbols", i+1, len(p))
		}
		out[i] = [2]string{p[0], p[1]}
	}
	return out, nil
}

// splitMerges splits the lines of merges.txt.
func splitMerges(lines []string) ([][2]string, error) {
	var out [][2]string
	for i, line := range lines {
		a, b, ok := strings.Cut(line, " ")
		if !ok || strings.Contains(b, " ") {
			return nil, fmt.Errorf("merge %d is %q, not two symbols", i+1, cut(line))
		}
		out = append(out, [2]string{a, b})
	}
	return out, nil
}

// readLines returns the lines of a text file.
func readLines(data []byte) ([]string, error) {
	if !utf8.Valid(data) {
		return nil, errors.New("it is not UTF-8")
	}
	if bytes.Count(data, []byte{'\n'}) > maxEntries {
		return nil, errors.New("it has too many lines")
	}
	lines := strings.Split(string(data), "\n")
	for i, line := range lines {
		lines[i] = strings.TrimSuffix(line, "\r")
	}
	if n := len(lines); lines[n-1] == "" {
		lines = lines[:n-1]
	}
	return lines, nil
}
