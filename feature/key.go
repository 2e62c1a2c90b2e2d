package feature

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"io"
	"sync"

	"github.com/fusor-ml/fusor/media"
)

// Key names one cell's content: what its files hold, not what they are called.
type Key [16]byte

// hasher is what hashing a file needs, kept between files.
type hasher struct {
	sum hash.Hash
	buf [64 << 10]byte
}

var hashers = sync.Pool{New: func() any { return &hasher{sum: sha256.New()} }}

// ContentKey hashes the media of a cell, in order, wherever they lie: a picture in a
// file and the same one in a table have one key. Of a folder (of pictures) it hashes
// the names as well, which give the order.
func ContentKey(ctx context.Context, sources []media.Source) (Key, error) {
	h := hashers.Get().(*hasher)
	defer hashers.Put(h)
	h.sum.Reset()
	for _, s := range sources {
		err := h.add(ctx, s)
		if errors.Is(err, media.ErrFolder) {
			err = h.folder(ctx, s)
		}
		if err != nil {
			return Key{}, err
		}
	}
	return Key(h.sum.Sum(h.buf[:0])[:16]), nil
}

// add hashes a medium's bytes, then how many there are, so that no two lists of media read alike.
func (h *hasher) add(ctx context.Context, s media.Source) error {
	r, err := media.Open(ctx, s)
	if err != nil {
		return err
	}
	n := uint64(0)
	for {
		k, err := r.Read(h.buf[:])
		h.sum.Write(h.buf[:k])
		n += uint64(k)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return errors.Join(err, r.Close())
		}
	}
	if err := r.Close(); err != nil {
		return err
	}
	h.number(n)
	return nil
}

func (h *hasher) number(n uint64) {
	var b [8]byte
	binary.LittleEndian.PutUint64(b[:], n)
	h.sum.Write(b[:])
}

// folder hashes the visible files of a folder, by name.
func (h *hasher) folder(ctx context.Context, dir media.Source) error {
	entries, err := dir.Entries()
	if err != nil {
		return err
	}
	n := uint64(0)
	for _, e := range entries {
		if !e.Type().IsRegular() || e.Name()[0] == '.' {
			continue
		}
		if err := h.add(ctx, dir.In(e.Name())); err != nil {
			return fmt.Errorf("cannot read the folder: %w", err)
		}
		io.WriteString(h.sum, e.Name()) //nolint:errcheck // a hash takes everything
		h.number(uint64(len(e.Name())))
		n++
	}
	h.number(n)
	h.number(1 << 63) // no file has this length: a folder ends here
	return nil
}
