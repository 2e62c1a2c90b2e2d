package feature

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"sync"
)

// Key names one cell's content: what its files hold, not what they are called.
type Key [16]byte

// hasher is what hashing a file needs, kept between files.
type hasher struct {
	sum hash.Hash
	buf [64 << 10]byte
}

var hashers = sync.Pool{New: func() any { return &hasher{sum: sha256.New()} }}

// ContentKey hashes the files of a cell, in order. Of a folder (of pictures) it
// hashes the names as well, which give the order.
func ContentKey(paths []string) (Key, error) {
	h := hashers.Get().(*hasher)
	defer hashers.Put(h)
	h.sum.Reset()
	for _, p := range paths {
		if err := h.add(p); err != nil {
			return Key{}, err
		}
	}
	return Key(h.sum.Sum(h.buf[:0])[:16]), nil
}

// add hashes a file's bytes, then how many there are, so that no two lists of files read alike.
func (h *hasher) add(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	n, first := uint64(0), true
	for {
		k, err := f.Read(h.buf[:])
		h.sum.Write(h.buf[:k])
		n += uint64(k)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			if info, serr := f.Stat(); first && serr == nil && info.IsDir() {
				return errors.Join(h.folder(path), f.Close())
			}
			return errors.Join(err, f.Close())
		}
		first = false
	}
	if err := f.Close(); err != nil {
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
func (h *hasher) folder(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	n := uint64(0)
	for _, e := range entries {
		if !e.Type().IsRegular() || e.Name()[0] == '.' {
			continue
		}
		if err := h.add(filepath.Join(dir, e.Name())); err != nil {
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
