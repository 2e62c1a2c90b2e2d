package dataset

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
)

// gzipMembers reads what the members of a gzip file unpack to, one after the other (RFC 1952,
// section 2.2). What follows the last may be zeros, with which tapes and blocks are filled up;
// anything else is reported, as gzip does.
type gzipMembers struct {
	z    *gzip.Reader
	in   *bufio.Reader
	junk func() // is called where something else follows
}

func newGzipMembers(r io.Reader, junk func()) (*gzipMembers, error) {
	in := bufio.NewReader(r)
	z, err := gzip.NewReader(in)
	if err != nil {
		return nil, err
	}
	z.Multistream(false)
	return &gzipMembers{z, in, junk}, nil
}

// Read implements io.Reader.
func (g *gzipMembers) Read(p []byte) (int, error) {
	n, err := g.z.Read(p)
	if !errors.Is(err, io.EOF) {
		return n, err
	}
	if n > 0 {
		return n, nil
	}
	magic, err := g.in.Peek(2)
	if len(magic) == 2 && bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		if err := g.z.Reset(g.in); err != nil {
			return 0, err
		}
		g.z.Multistream(false)
		return 0, nil
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return 0, err
	}
	for {
		b, err := g.in.ReadByte()
		if err == nil && b == 0 {
			continue
		}
		if err == nil {
			g.junk()
		} else if !errors.Is(err, io.EOF) {
			return 0, err
		}
		return 0, io.EOF
	}
}
