package tokenizer

import (
	"strings"
	"unicode/utf8"
)

// addedToken is a token that is found in a text before it is cut into words.
type addedToken struct {
	ID         int64  `json:"id"`
	Content    string `json:"content"`
	SingleWord bool   `json:"single_word"` // only between characters that are no part of a word
	LeftStrip  bool   `json:"lstrip"`      // takes the white space before it along
	RightStrip bool   `json:"rstrip"`      // and after it
	Normalized bool   `json:"normalized"`  // found in the normalized text
	Special    bool   `json:"special"`
}

// addedTokens finds added tokens: the leftmost, and of those the longest.
type addedTokens struct {
	tokens []addedToken
	trie   *trie     // to the index of a token
	first  [256]bool // bytes that a token begins with
}

// newAddedTokens returns nil where there are no tokens. texts are what is looked for.
func newAddedTokens(tokens []addedToken, texts []string) *addedTokens {
	if len(tokens) == 0 {
		return nil
	}
	a := &addedTokens{tokens: tokens}
	keys, index := make([]string, 0, len(tokens)), make([]int32, 0, len(tokens))
	for i := len(tokens) - 1; i >= 0; i-- { // of equal texts the first counts
		if texts[i] != "" {
			keys, index = append(keys, texts[i]), append(index, int32(i))
			a.first[texts[i][0]] = true
		}
	}
	a.trie = newTrie(keys, index)
	return a
}

// split calls text for each part of s without an added token, and token for each token found,
// in order, until one of them returns false.
func (a *addedTokens) split(s string, text func(start, end int) bool, token func(id int32) bool) bool {
	done := 0
	for at := 0; at < len(s); {
		if !a.first[s[at]] {
			at++
			continue
		}
		index, n := a.trie.longest(0, s[at:])
		if n == 0 {
			at++
			continue
		}
		start, end := at, at+n
		at = end
		t := &a.tokens[index]
		if t.SingleWord && (endsInWord(s[:start]) || beginsWithWord(s[end:])) {
			continue
		}
		if t.LeftStrip {
			for start > done {
				r, size := utf8.DecodeLastRuneInString(s[:start])
				if !isSpace(r) {
					break
				}
				start -= size
			}
		}
		if t.RightStrip {
			end = len(s) - len(strings.TrimLeftFunc(s[end:], isSpace))
		}
		if done < start && !text(done, start) || !token(int32(t.ID)) {
			return false
		}
		done = end
	}
	return done >= len(s) || text(done, len(s))
}

func endsInWord(s string) bool {
	r, n := utf8.DecodeLastRuneInString(s)
	return n > 0 && isWord(r)
}

func beginsWithWord(s string) bool {
	r, n := utf8.DecodeRuneInString(s)
	return n > 0 && isWord(r)
}
