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
	maxBytes   = 1275 // of a frame
	maxSamples = 5760 // of a packet, 120 ms
)

// framesOf appends the frames of a packet (section 3.2) to dst; it reports false
// of a damaged one. The packet of all streams but the last is delimited: it has the
// lengths of all frames (appendix B), and rest is what follows it.
func framesOf(dst [][]byte, packet []byte, delimited bool) (frames [][]byte, rest []byte, ok bool) {
	if len(packet) == 0 {
		return dst, nil, false
	}
	l, b, ok := readLayout(packet)
	if !ok || l.count == 0 || l.count*formatOf(packet[0]).samples > maxSamples {
		return dst, nil, false
	}
	sizes, b, ok := l.readSizes(b, delimited)
	if !ok {
		return dst, nil, false
	}
	frames = dst
	for _, size := range sizes {
		if size > len(b) || size > maxBytes {
			return dst, nil, false
		}
		frames, b = append(frames, b[:size]), b[size:]
	}
	if l.padding > len(b) {
		return dst, nil, false
	}
	return frames, b[l.padding:], true
}

// layout is how a packet is divided.
type layout struct {
	count   int
	varied  bool // the frames have lengths of their own
	padding int  // bytes behind them
}

// readLayout reads what comes before the lengths.
func readLayout(packet []byte) (l layout, b []byte, ok bool) {
	b = packet[1:]
	switch packet[0] & 3 {
	case 0:
		return layout{count: 1}, b, true
	case 1:
		return layout{count: 2}, b, true
	case 2:
		return layout{count: 2, varied: true}, b, true
	}
	if len(b) == 0 {
		return l, nil, false
	}
	head := b[0]
	l.count, l.varied = int(head&63), head&128 != 0
	b = b[1:]
	for more := head&64 != 0; more; {
		if len(b) == 0 {
			return l, nil, false
		}
		n := int(b[0])
		more = n == 255
		l.padding += min(n, 254)
		b = b[1:]
	}
	return l, b, true
}

// readSizes reads the lengths of the frames. Where they are not delimited the last
// one, or all if they are alike, take what is left.
func (l *layout) readSizes(b []byte, delimited bool) (sizes []int, rest []byte, ok bool) {
	coded := 0
	if l.varied {
		coded = l.count - 1
	}
	if delimited {
		coded++
	}
	sizes = make([]int, 0, l.count)
	left := 0
	for range coded {
		var size int
		if size, b, ok = readSize(b); !ok {
			return nil, nil, false
		}
		sizes = append(sizes, size)
		left -= size
	}
	left += len(b) - l.padding
	alike := left / l.count
	switch {
	case left < 0:
		return nil, nil, false
	case delimited && !l.varied:
		alike = sizes[0]
	case !l.varied && left%l.count != 0:
		return nil, nil, false
	case l.varied && !delimited:
		return append(sizes, left), b, true
	}
	for len(sizes) < l.count {
		sizes = append(sizes, alike)
	}
	return sizes, b, true
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
