package nlp

import "fmt"

// Vocabulary finds hashed features: a feature's number is its place among the
// sorted hashes. It is read-only and safe for concurrent use.
type Vocabulary struct {
	hashes []uint32
	first  []uint32 // [65537] place of the first hash with these upper 16 bits
}

// NewVocabulary takes strictly ascending hashes; it keeps the slice.
func NewVocabulary(hashes []uint32) (*Vocabulary, error) {
	v := &Vocabulary{hashes: hashes, first: make([]uint32, 1<<16+1)}
	for i, h := range hashes {
		if i > 0 && h <= hashes[i-1] {
			return nil, fmt.Errorf("cannot use a vocabulary whose entry %d is out of order", i)
		}
		v.first[h>>16+1]++
	}
	for i := range 1 << 16 {
		v.first[i+1] += v.first[i]
	}
	return v, nil
}

// Len returns the number of features.
func (v *Vocabulary) Len() int { return len(v.hashes) }

// Find returns the place of h, -1 if it is none of the features.
func (v *Vocabulary) Find(h uint32) int {
	b := h >> 16
	for i := v.first[b]; i < v.first[b+1]; i++ {
		if v.hashes[i] == h {
			return int(i)
		}
	}
	return -1
}
