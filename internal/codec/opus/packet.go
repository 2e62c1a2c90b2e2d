package opus

// A mode is the layers of a packet (RFC 6716, section 3.1).
type mode int

const (
	noMode mode = iota // before the first packet
	speech             // SILK
	hybrid
	music // CELT
)

// format is what a packet's first byte reveals of its frames (section 3.1).
type format struct {
	mode    mode
	khz     int // of the speech layer
	end     int // the band behind the last of the music layer
	samples int // of 48 kHz
	stereo  bool
}

// formatOf reads the first byte of a packet.
func formatOf(toc byte) format {
	config := int(toc >> 3)
	f := format{khz: 16, stereo: toc&4 != 0}
	switch {
	case config < 12:
		f.mode = speech
		f.khz = 8 + 4*(config/4)
		f.samples = 48 * [4]int{10, 20, 40, 60}[config%4]
		f.end = [3]int{13, 17, 17}[config/4]
	case config < 16:
		f.mode = hybrid
		f.samples = 480 << (config % 2)
		f.end = [2]int{19, 21}[config/2%2]
	default:
		f.mode = music
		f.samples = 120 << (config % 4)
		f.end = [4]int{13, 17, 19, 21}[config/4%4]
	}
	return f
}

// Limits of sections 3.2 and 3.4.
const (
	maxFrames  = 48
	maxBytes   = 1275 // of a frame
	maxSamples = 5760 // of a packet, 120 ms
)

// framesOf appends the frames of a packet (section 3.2) to dst; it reports false
// of a damaged one.
func framesOf(dst [][]byte, packet []byte) (frames [][]byte, ok bool) {
	frames, ok = split(dst, packet)
	if !ok || (len(frames)-len(dst))*formatOf(packet[0]).samples > maxSamples {
		return dst, false
	}
	for _, f := range frames[len(dst):] {
		if len(f) > maxBytes {
			return dst, false
		}
	}
	return frames, true
}

func split(dst [][]byte, packet []byte) (frames [][]byte, ok bool) {
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
		size, rest, ok := readSize(b)
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
	b, ok = unpad(b[1:], head&64 != 0)
	if !ok || count == 0 || count > maxFrames {
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
	sizes := make([]int, 0, maxFrames)
	for range count - 1 {
		size, rest, ok := readSize(b)
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

// unpad drops the padding, whose length comes first.
func unpad(b []byte, padded bool) ([]byte, bool) {
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

// readSize reads a frame's length (section 3.2.1).
func readSize(b []byte) (size int, rest []byte, ok bool) {
	switch {
	case len(b) > 0 && b[0] < 252:
		return int(b[0]), b[1:], true
	case len(b) > 1:
		return int(b[0]) + 4*int(b[1]), b[2:], true
	}
	return 0, nil, false
}
