package audiofile

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// maxPacket bounds a packet; comment headers with pictures are the largest.
const maxPacket = 16 << 20

// oggReader gives the packets of the first logical stream of an Ogg file
// (RFC 3533) and ignores the pages of others.
type oggReader struct {
	r      *bufio.Reader
	serial uint32
	begun  bool
	page   []byte // body of the current page
	table  []byte // lacing values that are left of it
	body   []byte // bytes that are left of it
	flags  byte
	ended  bool

	// Granule is the position that the current page gives, -1 for none; Last is
	// set by the last packet that ends on it.
	Granule int64
	Last    bool
	EOS     bool // the page is the stream's last
}

func newOgg(r io.Reader) *oggReader {
	return &oggReader{r: bufio.NewReaderSize(r, blockBytes), page: make([]byte, 0, 255*255)}
}

// Packet returns the next packet; it may overwrite the one before. The end is io.EOF.
func (o *oggReader) Packet(dst []byte) ([]byte, error) {
	dst = dst[:0]
	for {
		for len(o.table) > 0 {
			n := int(o.table[0])
			o.table = o.table[1:]
			dst = append(dst, o.body[:n]...)
			o.body = o.body[n:]
			if len(dst) > maxPacket {
				return nil, fmt.Errorf("a packet is larger than %d bytes", maxPacket)
			}
			if n < 255 {
				o.Last = !o.endsMore()
				return dst, nil
			}
		}
		if o.ended {
			return nil, io.EOF
		}
		fresh := len(dst) == 0
		if err := o.next(); err != nil {
			if errors.Is(err, io.EOF) && !fresh {
				return nil, errors.New("the file is cut short")
			}
			return nil, err
		}
		if continued := o.flags&1 != 0; continued == fresh {
			if !continued {
				return nil, errors.New("a packet breaks off")
			}
			o.drop() // the rest of a packet whose start is missing
		}
	}
}

// endsMore reports whether another packet ends on the current page.
func (o *oggReader) endsMore() bool {
	for _, n := range o.table {
		if n < 255 {
			return true
		}
	}
	return false
}

func (o *oggReader) drop() {
	for len(o.table) > 0 {
		n := o.table[0]
		o.table, o.body = o.table[1:], o.body[n:]
		if n < 255 {
			return
		}
	}
}

// next reads pages up to one of the stream.
func (o *oggReader) next() error {
	for {
		var head [27 + 255]byte
		if _, err := io.ReadFull(o.r, head[:27]); err != nil {
			if errors.Is(err, io.EOF) {
				return io.EOF
			}
			return unlessEOF(err)
		}
		if string(head[:4]) != "OggS" || head[4] != 0 {
			return errors.New("no Ogg page where one must start")
		}
		segments := int(head[26])
		if _, err := io.ReadFull(o.r, head[27:27+segments]); err != nil {
			return unlessEOF(err)
		}
		size := 0
		for _, n := range head[27 : 27+segments] {
			size += int(n)
		}
		o.page = o.page[:size]
		if _, err := io.ReadFull(o.r, o.page); err != nil {
			return unlessEOF(err)
		}
		want := binary.LittleEndian.Uint32(head[22:])
		clear(head[22:26])
		if got := oggCRC(oggCRC(0, head[:27+segments]), o.page); got != want {
			return errors.New("an Ogg page's checksum is wrong")
		}
		serial := binary.LittleEndian.Uint32(head[14:])
		if !o.begun {
			o.begun, o.serial = true, serial
		}
		if serial != o.serial {
			continue
		}
		o.flags = head[5]
		o.Granule = int64(binary.LittleEndian.Uint64(head[6:]))
		o.EOS = o.flags&4 != 0
		o.ended = o.EOS
		o.table = append(o.table[:0], head[27:27+segments]...)
		o.body = o.page
		return nil
	}
}

// oggTable is the CRC-32 of polynomial 0x04c11db7, not reflected.
var oggTable = func() (t [256]uint32) {
	for i := range t {
		c := uint32(i) << 24
		for range 8 {
			if c&(1<<31) != 0 {
				c = c<<1 ^ 0x04c11db7
			} else {
				c <<= 1
			}
		}
		t[i] = c
	}
	return t
}()

func oggCRC(crc uint32, b []byte) uint32 {
	for _, v := range b {
		crc = crc<<8 ^ oggTable[byte(crc>>24)^v]
	}
	return crc
}
