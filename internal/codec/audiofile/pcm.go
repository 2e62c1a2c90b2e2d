package audiofile

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
)

// errHeader reports a header that ends early or contradicts itself.
var errHeader = errors.New("the header is damaged")

// plainFile reads the beginning of a file of plain samples and its size, and hands both over.
func plainFile(r io.ReadSeeker, read func(p *plain) error) error {
	size, err := r.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	buf := blocks.Get().(*block)
	defer blocks.Put(buf)
	n, err := readFullAt(r, buf.raw[:], 0)
	if err != nil {
		return err
	}
	return read(&plain{wavReader{r: r, head: buf.raw[:n], size: size}, buf})
}

// plain is a file of plain samples.
type plain struct {
	wavReader
	buf *block
}

// samples decodes the samples of a format at pos. Of a length that the file does not hold, or of
// one that was not known when the header was written, all of the rest is taken.
func (p *plain) samples(f *wavFormat, pos, length int64, s *sink) error {
	if pos > p.size {
		return errHeader
	}
	if left := p.size - pos; length <= 0 || length >= openSize && left < openSize {
		length = left
	} else if frame := int64(f.channels * f.bits / 8); length >= left+frame {
		return fmt.Errorf("the header claims %d bytes of samples, the file holds %d: it is cut short or its header is wrong", length, left)
	}
	return f.samples(p.r, p.buf, len(p.head), pos, min(length, p.size-pos), s)
}

// checked returns f if its channels can be.
func (f *wavFormat) checked() (*wavFormat, error) {
	if f.channels < 1 || f.channels > 64 {
		return nil, fmt.Errorf("%d channels are not between 1 and 64", f.channels)
	}
	return f, nil
}

// decodeAU reads the sound files of Sun and NeXT: a header of big-endian words, then samples.
func decodeAU(r io.ReadSeeker, s *sink) error {
	return plainFile(r, func(p *plain) error {
		h := p.head
		if len(h) < 24 || string(h[:4]) != ".snd" {
			return errHeader
		}
		word := func(i int) int64 { return int64(binary.BigEndian.Uint32(h[4*i:])) }
		f := &wavFormat{tag: tagPCM, channels: int(word(5)), rate: int(min(word(4), math.MaxInt32)), big: true, signed: true}
		switch coding := word(3); coding {
		case 1:
			f.tag, f.bits = tagMuLaw, 8
		case 2, 3, 4, 5:
			f.bits = 8 * int(coding-1)
		case 6, 7:
			f.tag, f.bits = tagFloat, 32*int(coding-5)
		case 27:
			f.tag, f.bits = tagALaw, 8
		default:
			return fmt.Errorf("coding %d: %w", coding, ErrUnsupported)
		}
		length := word(2)
		if length == math.MaxUint32 { // of a pipe
			length = 0
		}
		if _, err := f.checked(); err != nil {
			return err
		}
		return p.samples(f, word(1), length, s)
	})
}

// decodeAIFF reads AIFF and AIFF-C (Apple, 1989 and 1991): chunks of big-endian sizes.
func decodeAIFF(r io.ReadSeeker, s *sink) error {
	return plainFile(r, func(p *plain) error {
		if len(p.head) < 12 || string(p.head[:4]) != "FORM" {
			return errHeader
		}
		var f *wavFormat
		start, length := int64(-1), int64(0)
		for pos := int64(12); f == nil || start < 0; {
			var h [8]byte
			if p.readAt(h[:], pos) != nil {
				return errors.New("no chunk of samples")
			}
			size := int64(binary.BigEndian.Uint32(h[4:]))
			pos += 8
			switch string(h[:4]) {
			case "COMM":
				body := make([]byte, min(size, 22))
				if p.readAt(body, pos) != nil {
					return errHeader
				}
				var err error
				if f, err = aiffFormat(body); err != nil {
					return err
				}
			case "SSND":
				var offset [8]byte
				if size < 8 || p.readAt(offset[:], pos) != nil {
					return errHeader
				}
				skip := 8 + int64(binary.BigEndian.Uint32(offset[:]))
				if start, length = pos+skip, size-skip; length < 0 {
					return errHeader
				}
				if length == 0 {
					return ErrEmpty
				}
			}
			pos += size + size&1
		}
		return p.samples(f, start, length, s)
	})
}

// aiffFormat reads a chunk "COMM".
func aiffFormat(b []byte) (*wavFormat, error) {
	if len(b) < 18 {
		return nil, errHeader
	}
	be := binary.BigEndian
	// The rate is a number of 80 bits: an exponent, and a mantissa with its leading 1.
	exponent := int(be.Uint16(b[8:])&0x7fff) - 16383 - 63
	rate := math.Ldexp(float64(be.Uint64(b[10:])), exponent)
	if !(rate >= 0 && rate < math.MaxInt32) {
		return nil, errHeader
	}
	f := &wavFormat{tag: tagPCM, channels: int(be.Uint16(b)), rate: int(math.Round(rate)), bits: (int(be.Uint16(b[6:])) + 7) / 8 * 8, big: true, signed: true}
	coding := "NONE"
	if len(b) >= 22 {
		coding = string(b[18:22])
	}
	switch coding {
	case "NONE", "twos":
	case "sowt":
		f.big = false
	case "in24", "in32":
		f.bits = map[string]int{"in24": 24, "in32": 32}[coding]
	case "raw ":
		f.signed = false
	case "fl32", "FL32", "fl64", "FL64":
		f.tag, f.bits = tagFloat, map[byte]int{'3': 32, '6': 64}[coding[2]]
	case "ulaw", "ULAW":
		f.tag, f.bits = tagMuLaw, 8
	case "alaw", "ALAW":
		f.tag, f.bits = tagALaw, 8
	default:
		return nil, fmt.Errorf("coding %q: %w", coding, ErrUnsupported)
	}
	if f.bits < 8 || f.bits > 64 || f.tag == tagPCM && f.bits > 32 {
		return nil, fmt.Errorf("%d bits: %w", f.bits, ErrUnsupported)
	}
	return f.checked()
}

// decodeNIST reads SPHERE files of NIST, in which corpora of speech are handed out: lines of names,
// types and values up to end_head, then samples.
func decodeNIST(r io.ReadSeeker, s *sink) error {
	return plainFile(r, func(p *plain) error {
		first, rest, ok := bytes.Cut(p.head, []byte("\n"))
		size, rest, ok2 := bytes.Cut(rest, []byte("\n"))
		start, err := strconv.Atoi(strings.TrimSpace(string(size)))
		if !ok || !ok2 || err != nil || string(first) != "NIST_1A" || start < 16 || start > len(p.head) {
			return errHeader
		}
		fields := map[string]string{}
		for line := range strings.Lines(string(rest)) {
			w := strings.Fields(line)
			if len(w) > 0 && w[0] == "end_head" {
				break
			}
			if len(w) >= 3 {
				fields[w[0]] = w[2]
			}
		}
		number := func(name string, usual int) int {
			if v, err := strconv.Atoi(fields[name]); err == nil && v >= 0 && v <= math.MaxInt32 {
				return v
			}
			return usual
		}
		f := &wavFormat{tag: tagPCM, channels: number("channel_count", 1), rate: number("sample_rate", 0), bits: 8 * number("sample_n_bytes", 2), signed: true}
		f.big = fields["sample_byte_format"] == "10"
		switch coding := fields["sample_coding"]; coding {
		case "", "pcm":
		case "ulaw", "mu-law":
			f.tag, f.bits = tagMuLaw, 8
		case "alaw":
			f.tag, f.bits = tagALaw, 8
		default: // packed by Shorten
			return fmt.Errorf("coding %q: %w", coding, ErrUnsupported)
		}
		if f.bits < 8 || f.bits > 32 {
			return errHeader
		}
		if _, err := f.checked(); err != nil {
			return err
		}
		return p.samples(f, int64(start), int64(number("sample_count", 0))*int64(f.channels*f.bits/8), s)
	})
}

// native brings big-endian samples into the order of WAV, and signed ones of 8 bits to unsigned.
func (f *wavFormat) native(raw []byte) {
	if f.signed && f.tag == tagPCM && f.bits == 8 {
		for i := range raw {
			raw[i] ^= 0x80
		}
	}
	if !f.big {
		return
	}
	for n := f.bits / 8; len(raw) >= n; raw = raw[n:] {
		for i, k := 0, n-1; i < k; i, k = i+1, k-1 {
			raw[i], raw[k] = raw[k], raw[i]
		}
	}
}
