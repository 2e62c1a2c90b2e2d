package tokenizer

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/clipperhouse/uax29/v2/graphemes"
)

// precompiled is sentencepiece's character map: a double-array trie of texts, and what they
// become, ended by zero bytes. It is applied as the tokenizers library does, which looks at
// grapheme clusters and takes the shortest entry that begins one.
type precompiled struct {
	units   []uint32
	texts   string
	ascii   [utf8.RuneSelf]string // what an ASCII character becomes
	changed [utf8.RuneSelf]bool
}

// newPrecompiled parses a charsmap: the size of the trie in bytes, the trie, the texts.
func newPrecompiled(b []byte) (*precompiled, error) {
	if len(b) < 4 {
		return nil, errors.New("the charsmap is cut off")
	}
	n := binary.LittleEndian.Uint32(b)
	if n%4 != 0 || n == 0 || uint64(n) > uint64(len(b)-4) {
		return nil, fmt.Errorf("the charsmap has a trie of %d bytes in %d", n, len(b)-4)
	}
	p := &precompiled{units: make([]uint32, n/4), texts: string(b[4+n:])}
	for i := range p.units {
		p.units[i] = binary.LittleEndian.Uint32(b[4+4*i:])
	}
	if !utf8.ValidString(p.texts) {
		return nil, errors.New("the texts of the charsmap are not UTF-8")
	}
	for c := range p.ascii {
		p.ascii[c], p.changed[c] = p.transform(string(rune(c)))
	}
	return p, nil
}

// transform returns what s becomes by the shortest entry that s begins with.
func (p *precompiled) transform(s string) (string, bool) {
	offset := func(u uint32) uint32 { return u >> 10 << (u & (1 << 9) >> 6) }
	at := offset(p.units[0])
	for i := 0; i < len(s) && s[i] != 0; i++ {
		at ^= uint32(s[i])
		if at >= uint32(len(p.units)) {
			return "", false
		}
		u := p.units[at]
		if u&(1<<31|0xff) != uint32(s[i]) {
			return "", false
		}
		at ^= offset(u)
		if u>>8&1 == 0 {
			continue
		}
		if at >= uint32(len(p.units)) {
			return "", false
		}
		index := p.units[at] & (1<<31 - 1)
		if index > uint32(len(p.texts)) {
			return "", false
		}
		text := p.texts[index:]
		if end := strings.IndexByte(text, 0); end >= 0 {
			text = text[:end]
		}
		return text, utf8.ValidString(text)
	}
	return "", false
}

func (p *precompiled) normalize(s string) string {
	out := make([]byte, 0, len(s)+len(s)/8)
	for i := 0; i < len(s); {
		// An ASCII character before another is a cluster of its own, but for CR LF.
		if c := s[i]; c < utf8.RuneSelf && i+1 < len(s) && s[i+1] < utf8.RuneSelf && c != '\r' {
			if p.changed[c] {
				out = append(out, p.ascii[c]...)
			} else {
				out = append(out, c)
			}
			i++
			continue
		}
		clusters := graphemes.FromString(s[i:])
		for clusters.Next() {
			cluster := clusters.Value()
			out = p.cluster(out, cluster)
			i += len(cluster)
			if i+1 < len(s) && s[i] < utf8.RuneSelf && s[i+1] < utf8.RuneSelf && s[i] != '\r' {
				break
			}
		}
	}
	return string(out)
}

func (p *precompiled) cluster(out []byte, cluster string) []byte {
	if len(cluster) < 6 {
		if text, ok := p.transform(cluster); ok {
			return append(out, text...)
		}
	}
	for len(cluster) > 0 {
		_, n := utf8.DecodeRuneInString(cluster)
		if text, ok := p.transform(cluster[:n]); ok {
			out = append(out, text...)
		} else {
			out = append(out, cluster[:n]...)
		}
		cluster = cluster[n:]
	}
	return out
}
