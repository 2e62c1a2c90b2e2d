package avi

import (
	"encoding/binary"
	"io"
)

// Write writes Motion JPEG pictures, each frames[i] a JPEG of info's size, with
// 16-bit PCM sound interleaved (one block a picture); sound may be nil.
func Write(w io.Writer, info Info, frames [][]byte, sound []int16) error {
	le := binary.LittleEndian
	chunk := func(dst []byte, id string, data []byte) []byte {
		dst = append(dst, id...)
		dst = le.AppendUint32(dst, uint32(len(data)))
		dst = append(dst, data...)
		if len(data)%2 == 1 {
			dst = append(dst, 0)
		}
		return dst
	}
	list := func(dst []byte, kind string, data []byte) []byte {
		return chunk(dst, "LIST", append([]byte(kind), data...))
	}
	u32 := func(vs ...uint32) []byte {
		var b []byte
		for _, v := range vs {
			b = le.AppendUint32(b, v)
		}
		return b
	}
	micros := uint32(info.FrameSeconds*1e6 + 0.5)
	streams, n := uint32(1), uint32(len(frames))
	if sound != nil {
		streams = 2
	}
	// avih: µs a frame, bytes/s, padding, flags (index), frames, initial, streams, buffer, width,
	// height, 4 reserved
	hdrl := chunk(nil, "avih", u32(micros, 0, 0, 0x10, n, 0, streams, 1<<20, uint32(info.Width), uint32(info.Height), 0, 0, 0, 0))
	// strh: type, handler, flags, priority+language, initial, scale, rate, start, length, buffer,
	// quality, sample size, frame
	strh := append([]byte("vidsMJPG"), u32(0, 0, 0, micros, 1e6, 0, n, 1<<20, 0, 0, 0, 0)...)
	// BITMAPINFOHEADER: its size, width, height, 1 plane and 24 bits, the codec, bytes of a picture, 4
	// zeros.
	strf := append(u32(40, uint32(info.Width), uint32(info.Height), 1|24<<16), "MJPG"...)
	strf = append(strf, u32(uint32(3*info.Width*info.Height), 0, 0, 0, 0)...)
	hdrl = list(hdrl, "strl", chunk(chunk(nil, "strh", strh), "strf", strf))
	if sound != nil {
		rate := uint32(info.Rate)
		strh := append([]byte("auds\x00\x00\x00\x00"), u32(0, 0, 0, 1, rate, 0, uint32(len(sound)), 1<<16, 0, 2, 0, 0)...)
		// WAVEFORMAT: PCM of one channel, samples and bytes a second, bytes a sample, bits.
		strf := u32(1|1<<16, rate, 2*rate, 2|16<<16)
		hdrl = list(hdrl, "strl", chunk(chunk(nil, "strh", strh), "strf", strf))
	}
	var movi, index []byte
	add := func(id string, data []byte) {
		// idx1 counts from the letters "movi", so that the first chunk is at 4; 0x10 marks a key frame.
		index = append(index, id...)
		index = append(index, u32(0x10, uint32(len(movi)+4), uint32(len(data)))...)
		movi = chunk(movi, id, data)
	}
	for i, f := range frames {
		add("00dc", f)
		if sound != nil {
			// By products, so that no sample is lost to rounding.
			part := sound[i*len(sound)/len(frames) : (i+1)*len(sound)/len(frames)]
			pcm := make([]byte, 0, 2*len(part))
			for _, v := range part {
				pcm = le.AppendUint16(pcm, uint16(v))
			}
			add("01wb", pcm)
		}
	}
	body := list([]byte("AVI "), "hdrl", hdrl)
	body = list(body, "movi", movi)
	body = chunk(body, "idx1", index)
	_, err := w.Write(chunk(nil, "RIFF", body))
	return err
}
