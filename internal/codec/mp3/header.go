// Package mp3 decodes MPEG-1, MPEG-2 and MPEG-2.5 audio, layer III (ISO/IEC
// 11172-3 and 13818-3), in floating point.
//
// [Reader] finds the frames of a stream between tags and junk, [ParseTag]
// recognizes the frames that hold a Xing, Info or VBRI tag in place of sound,
// and [Decoder] turns frames into samples.
package mp3

// Version is a generation of the standard.
type Version uint8

// The versions, by the two bits of a header.
const (
	MPEG25 Version = 0 // 8, 11.025 and 12 kHz; not of ISO
	MPEG2  Version = 2 // 16, 22.05 and 24 kHz
	MPEG1  Version = 3 // 32, 44.1 and 48 kHz
)

// HeaderSize is the number of bytes of a frame's header.
const HeaderSize = 4

// Header is the header of a frame (ISO/IEC 11172-3, 2.4.1.3).
type Header struct {
	Version  Version
	Layer    int
	Rate     int // samples a second
	Channels int
	Bitrate  int // kbit/s; 0 for free format, whose headers lack the size
	padding  int // bytes
	crc      int // bytes of the checksum behind the header
	row      int // of the tables of scale factor bands
	ms       bool
	is       bool // intensity stereo
}

// bitrates are kbit/s by version (MPEG-1, then 2 and 2.5), layer and index.
var bitrates = [2][3][15]int{
	{
		{0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448},
		{0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384},
		{0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320},
	}, {
		{0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256},
		{0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160},
		{0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160},
	},
}

var rates = [3]int{44100, 48000, 32000}

// ParseHeader parses the header that b begins with; ok is false for bytes that are none.
func ParseHeader(b []byte) (h Header, ok bool) {
	if len(b) < HeaderSize || b[0] != 0xff || b[1]&0xe0 != 0xe0 {
		return h, false
	}
	version, layer := Version(b[1]>>3&3), 4-int(b[1]>>1&3)
	bitrate, rate := b[2]>>4, b[2]>>2&3
	if version == 1 || layer == 4 || bitrate == 15 || rate == 3 {
		return h, false
	}
	h = Header{Version: version, Layer: layer, Channels: 2, padding: int(b[2] >> 1 & 1)}
	shift := 0
	switch version {
	case MPEG2:
		shift = 1
	case MPEG25:
		shift = 2
	}
	h.Rate = rates[rate] >> shift
	h.row = 3*shift + int(rate)
	h.Bitrate = bitrates[min(shift, 1)][layer-1][bitrate]
	if b[1]&1 == 0 {
		h.crc = 2
	}
	switch b[3] >> 6 {
	case 1:
		h.is, h.ms = b[3]&0x10 != 0, b[3]&0x20 != 0
	case 3:
		h.Channels = 1
	}
	return h, true
}

// Samples returns the number of samples a channel in the frame.
func (h Header) Samples() int {
	switch {
	case h.Layer == 1:
		return 384
	case h.Layer == 3 && h.Version != MPEG1:
		return 576
	}
	return 1152
}

// Size returns the frame's size in bytes, the header included; 0 for free format.
func (h Header) Size() int {
	switch {
	case h.Bitrate == 0:
		return 0
	case h.Layer == 1:
		return 4 * (12*h.Bitrate*1000/h.Rate + h.padding)
	}
	return h.Samples()/8*h.Bitrate*1000/h.Rate + h.padding
}

// Alike reports whether frames with the two headers can follow each other in one stream.
func (h Header) Alike(o Header) bool {
	return h.Version == o.Version && h.Layer == o.Layer && h.Rate == o.Rate && (h.Bitrate == 0) == (o.Bitrate == 0)
}

// granules is the number of granules of 576 samples in a layer III frame.
func (h Header) granules() int { return h.Samples() / 576 }

// sideSize is the number of bytes of side information of a layer III frame.
func (h Header) sideSize() int {
	switch {
	case h.Version == MPEG1 && h.Channels == 2:
		return 32
	case h.Version != MPEG1 && h.Channels == 1:
		return 9
	}
	return 17
}
