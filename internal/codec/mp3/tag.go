package mp3

import "encoding/binary"

// decoderDelay is the delay of every layer III decoder, in samples.
const decoderDelay = 528 + 1

// Tag describes the stream behind a frame that holds it in place of sound.
type Tag struct {
	Frames  int // that follow; 0 if unknown
	Skip    int // samples at the start that are the encoder's and the decoder's delay
	Padding int // samples at the end of the last of Frames that are none of the sound's
}

// ParseTag recognizes a frame that holds a Xing, Info or VBRI tag. The delays
// are written by LAME, and by libavcodec in the same layout.
func ParseTag(h Header, frame []byte) (t Tag, ok bool) {
	if h.Layer != 3 {
		return t, false
	}
	if len(frame) >= 54 && string(frame[36:40]) == "VBRI" {
		return Tag{Frames: int(binary.BigEndian.Uint32(frame[50:]) & 0x7fffffff)}, true
	}
	for _, at := range []int{HeaderSize + h.sideSize(), HeaderSize + h.crc + h.sideSize()} {
		if len(frame) < at+8 {
			continue
		}
		if id := string(frame[at : at+4]); id == "Xing" || id == "Info" {
			return parseXing(frame[at:]), true
		}
	}
	return t, false
}

func parseXing(b []byte) (t Tag) {
	flags := binary.BigEndian.Uint32(b[4:])
	at := 8
	if flags&1 != 0 && len(b) >= at+4 {
		t.Frames = int(binary.BigEndian.Uint32(b[at:]) & 0x7fffffff)
	}
	for bit, size := range []int{4, 4, 100, 4} { // frames, bytes, table of contents, quality
		if flags>>bit&1 != 0 {
			at += size
		}
	}
	if len(b) < at+24 {
		return t
	}
	switch string(b[at : at+4]) {
	case "LAME", "Lavf", "Lavc":
		d := b[at+21 : at+24]
		t.Skip = int(d[0])<<4 | int(d[1])>>4
		t.Skip += decoderDelay
		if t.Frames > 0 {
			t.Padding = max(0, int(d[1]&15)<<8|int(d[2])-decoderDelay)
		}
	}
	return t
}
