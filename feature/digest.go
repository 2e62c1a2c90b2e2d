package feature

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
)

// Digest is a hash of all extracted views: media that changed under the same
// names give another one, as far as any view can tell, and so do other embeddings
// to start from. It reads the features once.
func (f *Features) Digest() (string, error) {
	h := sha256.New()
	if f.Embeddings != nil {
		h.Write([]byte(f.Embeddings.SHA256))
	}
	var raw Raw
	var buf []byte
	for k, store := range f.Stores {
		buf = append(append(buf[:0], f.Refs[k].Name...), 0)
		for i := range store.Len() {
			if !store.Present(i) {
				continue
			}
			if err := store.Get(i, &raw); err != nil {
				return "", fmt.Errorf("cannot read the extracted features: %w", err)
			}
			for _, n := range []int{i, raw.Dim, raw.Steps, len(raw.Values), len(raw.Index)} {
				buf = binary.LittleEndian.AppendUint64(buf, uint64(n))
			}
			for _, v := range raw.Values {
				buf = binary.LittleEndian.AppendUint32(buf, math.Float32bits(v))
			}
			for _, v := range raw.Index {
				buf = binary.LittleEndian.AppendUint32(buf, v)
			}
			h.Write(buf)
			buf = buf[:0]
		}
		h.Write(buf)
	}
	return fmt.Sprintf("%x", h.Sum(nil)), nil
}
