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

// oggReader returns the packets of the first logical stream of an Ogg file (RFC
// 3533), and those of the streams that are chained to it link by link. It
// ignores the pages of streams that run beside.
type oggReader struct {
	r      *bufio.Reader
	serial uint32 // of the link
	begun  bool   // a page of the link was read
	inside bool   // a page behind its first was
	page   []byte // body of the current page
	table  []byte // lacing values that are left of it
	body   []byte // bytes that are left of it
	flags  byte

	pageSerial uint32

	ended bool // the link has no further page
	next  bool // the current page is the first of the next link

	// Granule is the position of the current page, -1 for none; Last is set by
	// the last packet that ends on it.
	Granule int64
	Last    bool
	EOS     bool // the page is the stream's last
}

func newOgg(r io.Reader) *oggReader {
	return &oggReader{r: bufio.NewReaderSize(r, blockBytes), page: make([]byte, 0, 255*255)}
}

// NextLink goes on to the next link of the chain, once Packet has returned
// io.EOF. It reports false at the end of the file.
func (o *oggReader) NextLink() (bool, error) {
	if !o.next {
		o.begun, o.ended = false, false
		for {
			// What follows the end of a stream may be anything, such as a tag.
			b, err := o.r.Peek(4)
			if err != nil && !errors.Is(err, io.EOF) {
				return false, err
			}
			if len(b) < 4 {
				return false, nil
			}
			if string(b) != "OggS" {
				o.r.Discard(1) //nolint:errcheck // it was peeked at
				continue
			}
			if err := o.readPage(); err != nil {
				return false, err
			}
			if o.flags&2 != 0 { // not the rest of a stream that ran beside
				break
			}
		}
	}
	o.serial, o.begun, o.inside, o.ended, o.next = o.pageSerial, true, false, o.EOS, false
	return true, nil
}

// Packet returns the next packet; it may overwrite the one before. The end of
// the link is io.EOF.
func (o *oggReader) Packet(dst []byte) ([]byte, error) {
	dst = dst[:0]
	for {
		if o.next {
			return nil, io.EOF
		}
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
		if err := o.nextPage(); err != nil {
			if errors.Is(err, io.EOF) && !fresh {
				return nil, errors.New("the file is cut short")
			}
			return nil, err
		}
		if o.next { // a packet that was begun is cut off
			return nil, io.EOF
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

// nextPage reads pages up to one of the link, or the first of another: one that
// begins a stream (RFC 3533, 4) after the link's own first pages.
func (o *oggReader) nextPage() error {
	for {
		if err := o.readPage(); err != nil {
			return err
		}
		switch begins := o.flags&2 != 0; {
		case !o.begun:
			o.begun = true
		case begins && o.inside:
			o.next = true
			return nil
		case o.pageSerial != o.serial || begins:
			continue
		default:
			o.inside = true
		}
		o.serial = o.pageSerial
		o.ended = o.EOS
		return nil
	}
}

// readPage reads the page that comes next.
func (o *oggReader) readPage() error {
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
	o.pageSerial = binary.LittleEndian.Uint32(head[14:])
	o.flags = head[5]
	o.Granule = int64(binary.LittleEndian.Uint64(head[6:]))
	o.EOS = o.flags&4 != 0
	o.table = append(o.table[:0], head[27:27+segments]...)
	o.body = o.page
	return nil
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
