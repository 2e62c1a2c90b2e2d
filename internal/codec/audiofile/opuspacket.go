package audiofile

import "github.com/fusor-ml/fusor/internal/codec/silk"

// An opusMode is the layers of an Opus packet (RFC 6716, section 3.1).
type opusMode int

const (
	opusSpeech opusMode = iota // SILK
	opusHybrid
	opusMusic // CELT
)

// opusFormat reads the first byte of a packet. The format is that of the speech
// layer, if there is one.
func opusFormat(toc byte) (opusMode, silk.Format) {
	config := int(toc >> 3)
	f := silk.Format{KHz: 16, Stereo: toc&4 != 0}
	switch {
	case config < 12:
		f.KHz = 8 + 4*(config/4)
		f.Milliseconds = [4]int{10, 20, 40, 60}[config%4]
		return opusSpeech, f
	case config < 16:
		f.Milliseconds = 10 + 10*(config%2)
		return opusHybrid, f
	}
	return opusMusic, f
}

// opusFrames appends the frames of a packet (section 3.2) to dst; it reports
// false of a damaged one.
func opusFrames(dst [][]byte, packet []byte) (frames [][]byte, ok bool) {
	if len(packet) == 0 {
		return dst, false
	}
	code, b := packet[0]&3, packet[1:]
	switch code {
	case 0:
		return append(dst, b), true
	case 1:
		if len(b)%2 != 0 {
			return dst, false
		}
		return append(dst, b[:len(b)/2], b[len(b)/2:]), true
	case 2:
		size, rest, ok := opusSize(b)
		if !ok || size > len(rest) {
			return dst, false
		}
		return append(dst, rest[:size], rest[size:]), true
	}
	if len(b) == 0 {
		return dst, false
	}
	head := b[0]
	count := int(head & 63)
	b, ok = opusUnpad(b[1:], head&64 != 0)
	if !ok || count == 0 || count > 48 {
		return dst, false
	}
	if head&128 == 0 {
		if len(b)%count != 0 {
			return dst, false
		}
		for size := len(b) / count; count > 0; count-- {
			dst, b = append(dst, b[:size]), b[size:]
		}
		return dst, true
	}
	// All the lengths come first.
	sizes := make([]int, 0, 48)
	for range count - 1 {
		size, rest, ok := opusSize(b)
		if !ok {
			return dst, false
		}
		sizes, b = append(sizes, size), rest
	}
	for _, size := range sizes {
		if size > len(b) {
			return dst, false
		}
		dst, b = append(dst, b[:size]), b[size:]
	}
	return append(dst, b), true
}

// opusUnpad drops the padding, whose length comes first.
func opusUnpad(b []byte, padded bool) ([]byte, bool) {
	for padded {
		if len(b) == 0 {
			return nil, false
		}
		n := int(b[0])
		padded = n == 255
		n = min(n, 254)
		if b = b[1:]; n > len(b) {
			return nil, false
		}
		b = b[:len(b)-n]
	}
	return b, true
}

// opusSize reads a frame's length (section 3.2.1).
func opusSize(b []byte) (size int, rest []byte, ok bool) {
	switch {
	case len(b) > 0 && b[0] < 252:
		return int(b[0]), b[1:], true
	case len(b) > 1:
		return int(b[0]) + 4*int(b[1]), b[2:], true
	}
	return 0, nil, false
}
