package audiofile

import (
	"bytes"
	"io"

	"github.com/fusor-ml/fusor/internal/codec/mp3"
)

// searchBytes is how far into a file sound may begin behind tags and junk.
const searchBytes = 1 << 20

// Find returns the format, mp3 or flac, of a file that does not begin as one:
// cut off at its start, or with tags or junk before the first frame. It returns
// "" where there is none in the first MiB.
func Find(r io.ReadSeeker) (format string, err error) {
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return "", err
	}
	f, err := mp3.NewReader(io.LimitReader(r, searchBytes)).Next()
	if err == nil && f.Layer == 3 {
		return "mp3", nil
	}
	if at, err := findFLAC(r, 0); at >= 0 || err != nil {
		return "flac", err
	}
	return "", nil
}

// skipID3 returns where the sound begins behind ID3v2 tags. A tag whose claim
// does not lead to anything that may be sound is taken for its first bytes
// alone: what follows is searched for frames.
func skipID3(r io.ReadSeeker) (int64, error) {
	size, err := r.Seek(0, io.SeekEnd)
	if err != nil {
		return 0, err
	}
	first, pos := int64(0), int64(0)
	for range 4 { // some files have several
		var h [10]byte
		n, err := readFullAt(r, h[:], pos)
		if err != nil {
			return 0, err
		}
		if n < len(h) || string(h[:3]) != "ID3" {
			break
		}
		if first == 0 {
			first = int64(len(h))
		}
		pos += 10 + int64(h[6]&127)<<21 + int64(h[7]&127)<<14 + int64(h[8]&127)<<7 + int64(h[9]&127)
		if h[5]&0x10 != 0 {
			pos += 10 // a footer
		}
	}
	if pos == 0 {
		return 0, nil
	}
	if pos < size {
		b := make([]byte, 1<<16)
		n, err := readFullAt(r, b, pos)
		if err != nil {
			return 0, err
		}
		b = bytes.TrimLeft(b[:n], "\x00")
		if len(b) == 0 || bytes.HasPrefix(b, []byte("fLaC")) || mp3.Begins(b) {
			return pos, nil
		}
	}
	return first, nil
}

// taggedWAV is the WAV behind an ID3 tag; nil if there is none.
func taggedWAV(r io.ReadSeeker) (io.ReadSeeker, error) {
	var h [10]byte
	if n, err := readFullAt(r, h[:], 0); err != nil || n < len(h) || string(h[:3]) != "ID3" {
		return nil, err
	}
	pos := 10 + int64(h[6]&127)<<21 + int64(h[7]&127)<<14 + int64(h[8]&127)<<7 + int64(h[9]&127)
	var magic [12]byte
	if _, err := readFullAt(r, magic[:], pos); err != nil || string(magic[:4]) != "RIFF" || string(magic[8:]) != "WAVE" {
		return nil, err
	}
	return &behind{r, pos}, nil
}

// behind is what a file holds from a place on.
type behind struct {
	io.ReadSeeker
	start int64
}

// Seek implements io.Seeker.
func (b *behind) Seek(offset int64, whence int) (int64, error) {
	if whence == io.SeekStart {
		offset += b.start
	}
	at, err := b.ReadSeeker.Seek(offset, whence)
	return at - b.start, err
}

// holdsFLAC reports whether a FLAC stream begins at pos.
func holdsFLAC(r io.ReadSeeker, pos int64) (bool, error) {
	var magic [4]byte
	_, err := readFullAt(r, magic[:], pos)
	return string(magic[:]) == "fLaC", err
}

// findFLAC returns where a FLAC stream begins at pos or up to 1 MiB behind it, -1
// if none does: the magic and the header of a STREAMINFO block (RFC 9639, 8).
func findFLAC(r io.ReadSeeker, pos int64) (int64, error) {
	b := make([]byte, searchBytes)
	n, err := readFullAt(r, b, pos)
	if err != nil {
		return 0, err
	}
	for _, last := range []string{"\x00", "\x80"} {
		if i := bytes.Index(b[:n], []byte("fLaC"+last+"\x00\x00\x22")); i >= 0 {
			return pos + int64(i), nil
		}
	}
	return -1, nil
}

// readFullAt reads len(b) bytes at pos, or as many as there are.
func readFullAt(r io.ReadSeeker, b []byte, pos int64) (int, error) {
	if _, err := r.Seek(pos, io.SeekStart); err != nil {
		return 0, err
	}
	n, err := io.ReadFull(r, b)
	if err == io.EOF || err == io.ErrUnexpectedEOF { //nolint:errorlint // ReadFull returns them as they are
		err = nil
	}
	return n, err
}
