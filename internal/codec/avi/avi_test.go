package avi

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"testing"

	"pgregory.net/rapid"
)

// chunk is a RIFF chunk, padded to an even length.
func chunk(id string, data ...[]byte) []byte {
	body := bytes.Join(data, nil)
	b := binary.LittleEndian.AppendUint32([]byte(id), uint32(len(body)))
	b = append(b, body...)
	if len(body)%2 == 1 {
		b = append(b, 0)
	}
	return b
}

func list(kind string, data ...[]byte) []byte {
	return chunk("LIST", append([][]byte{[]byte(kind)}, data...)...)
}

func words(vs ...uint32) []byte {
	var b []byte
	for _, v := range vs {
		b = binary.LittleEndian.AppendUint32(b, v)
	}
	return b
}

// pictures is the header of a stream of pictures at 25 a second.
func pictures(width, height int32, code string, bits uint32) []byte {
	return list("strl",
		chunk("strh", []byte("vids"), []byte(code), words(0, 0, 0, 1, 25, 0, 0, 0, 0, 0, 0, 0)),
		chunk("strf", words(40, uint32(width), uint32(height), 1|bits<<16), []byte(code), words(0, 0, 0, 0, 0)))
}

// tone is the header of a stream of sound.
func tone(format, channels uint16, rate uint32, bits uint16, extra ...byte) []byte {
	strf := binary.LittleEndian.AppendUint16(nil, format)
	strf = binary.LittleEndian.AppendUint16(strf, channels)
	strf = append(strf, words(rate, rate*uint32(channels)*uint32(bits/8))...)
	strf = binary.LittleEndian.AppendUint16(strf, channels*bits/8)
	strf = binary.LittleEndian.AppendUint16(strf, bits)
	return list("strl", chunk("strh", []byte("auds"), words(0, 0, 0, 0, 1, rate, 0, 0, 0, 0, 0, 0, 0)), chunk("strf", strf, extra))
}

func file(parts ...[]byte) []byte {
	return chunk("RIFF", append([][]byte{[]byte("AVI ")}, parts...)...)
}

const raw = "\x00\x00\x00\x00"

// read opens data and joins the chunks of pictures and of sound, each with a bar behind it.
func read(data []byte) (info Info, video, audio string, err error) {
	r, err := Open(bytes.NewReader(data))
	if err != nil {
		return info, "", "", err
	}
	for {
		c, err := r.Next()
		if errors.Is(err, io.EOF) {
			return r.Info, video, audio, nil
		}
		if err != nil {
			return r.Info, video, audio, err
		}
		if c.Video {
			video += string(c.Data) + "|"
		} else {
			audio += string(c.Data) + "|"
		}
	}
}

func want(t *testing.T, data []byte, video, audio string) Info {
	t.Helper()
	info, v, a, err := read(data)
	if err != nil {
		t.Fatal(err)
	}
	if v != video || a != audio {
		t.Fatalf("pictures %q, sound %q; want %q, %q", v, a, video, audio)
	}
	return info
}

func TestHeaderIsRead(t *testing.T) {
	data := file(list("hdrl", chunk("avih", make([]byte, 56)), pictures(320, 240, "MJPG", 24), tone(1, 2, 44100, 16)),
		list("movi", chunk("00dc", []byte("one")), chunk("01wb", []byte("sound")), chunk("00dc", []byte("two!"))))
	info := want(t, data, "one|two!|", "sound|")
	if exp := (Info{Video: MJPEG, Width: 320, Height: 240, FrameSeconds: 0.04, Audio: PCM, Rate: 44100, Channels: 2, Bits: 16}); info != exp {
		t.Errorf("header %+v, want %+v", info, exp)
	}
}

func TestNegativeHeightIsTopDown(t *testing.T) {
	info := want(t, file(list("hdrl", pictures(4, -2, raw, 24)), list("movi", chunk("00db", []byte("x")))), "x|", "")
	if info.Height != 2 || !info.TopDown || info.Video != Raw {
		t.Errorf("%+v", info)
	}
}

func TestSoundFirstAndExtensible(t *testing.T) {
	guid := make([]byte, 24)
	guid[0], guid[8] = 22, 1 // the size of what follows; the code of PCM
	info := want(t, file(list("hdrl", tone(0xFFFE, 1, 8000, 8, guid...), pictures(4, 2, "mjpg", 24)),
		list("movi", chunk("01dc", []byte("p")), chunk("00wb", []byte("s")))), "p|", "s|")
	if info.Rate != 8000 || info.Bits != 8 {
		t.Errorf("%+v", info)
	}
}

func TestOddPartsAreSkipped(t *testing.T) {
	hdrl := list("hdrl", pictures(4, 2, "MJPG", 24), list("odml", chunk("dmlh", []byte{1, 2, 3})), list("strl", chunk("strh", []byte("txts"), make([]byte, 52))))
	movi := list("movi", chunk("JUNK", []byte("odd")), chunk("ix00", []byte("index")),
		list("rec ", chunk("00dc", []byte("a")), chunk("01tx", []byte("title"))), chunk("00dc"), chunk("00dc", []byte("bc")))
	data := file(hdrl, chunk("JUNK", []byte{1}), list("INFO", chunk("ISFT", []byte("made by hand"))), movi, chunk("idx1", []byte("0123456789abcdef")))
	want(t, data, "a||bc|", "") // the chunk without data is a dropped frame
	// OpenDML: the file goes on in further parts.
	data = append(data, chunk("RIFF", []byte("AVIX"), list("movi", chunk("00dc", []byte("later"))))...)
	want(t, append(data, chunk("RIFF", []byte("AVIX"), list("movi", chunk("00dc", []byte("last"))))...), "a||bc|later|last|", "")
}

// A writer to a pipe leaves the sizes of the open lists as 0 or as all ones.
func TestListOfUnknownLength(t *testing.T) {
	for _, size := range []uint32{0, 4, 0xFFFFFFFF} {
		movi := list("movi", chunk("00dc", []byte("a")), chunk("00dc", []byte("b")))
		binary.LittleEndian.PutUint32(movi[4:], size)
		data := file(list("hdrl", pictures(4, 2, "MJPG", 24)), movi)
		want(t, data, "a|b|", "")
		want(t, append(data, chunk("idx1", []byte("0123456789abcdef"))...), "a|b|", "")
	}
}

// Where there is no sound, no chunk is sound, whatever it is called.
func TestChunkOfNoStream(t *testing.T) {
	want(t, file(list("hdrl", pictures(4, 2, "MJPG", 24)), list("movi", chunk("\xd6Ewb", []byte("?")), chunk("01wb", []byte("?")), chunk("00dc", []byte("p")))), "p|", "")
	want(t, file(list("hdrl", tone(1, 1, 8000, 16)), list("movi", chunk("xxdc", []byte("?")), chunk("00wb", []byte("s")))), "", "s|")
}

func TestErrors(t *testing.T) {
	bad := func(what string, data []byte, is error) {
		t.Helper()
		_, _, _, err := read(data)
		if err == nil || is != nil && !errors.Is(err, is) {
			t.Errorf("%s: error %v, want %v", what, err, is)
		}
	}
	hdrl, movi := list("hdrl", pictures(4, 2, "MJPG", 24)), list("movi", chunk("00dc", []byte("picture")))
	bad("empty", nil, nil)
	bad("a WAV", chunk("RIFF", []byte("WAVE"), hdrl, movi), nil)
	bad("no stream", file(list("hdrl"), movi), nil)
	bad("no pictures", file(hdrl), nil)
	bad("H.264", file(list("hdrl", pictures(4, 2, "H264", 24)), movi), ErrCodec)
	bad("8-bit pictures", file(list("hdrl", pictures(4, 2, raw, 8)), movi), ErrCodec)
	bad("MP3 sound", file(list("hdrl", tone(0x55, 1, 8000, 16)), movi), ErrCodec)
	bad("24-bit sound", file(list("hdrl", tone(1, 1, 8000, 24)), movi), ErrCodec)
	bad("no channels", file(list("hdrl", tone(1, 0, 8000, 16)), movi), nil)
	bad("no rate", file(list("hdrl", tone(1, 1, 0, 16)), movi), nil)
	bad("no width", file(list("hdrl", pictures(0, 2, "MJPG", 24)), movi), nil)
	bad("60,000 × 60,000", file(list("hdrl", pictures(60000, 60000, raw, 24)), movi), nil)
	bad("least height", file(list("hdrl", pictures(1, -1<<31, raw, 24)), movi), nil)
	huge := list("movi", chunk("00dc", []byte("picture")))
	binary.LittleEndian.PutUint32(huge[4:], 1<<31)
	binary.LittleEndian.PutUint32(huge[16:], 1<<31-100)
	bad("a chunk of 2 GB", file(hdrl, huge), nil)
	whole := file(hdrl, movi)
	for n := range len(whole) - 1 { // without its pad byte it is read
		if _, v, _, err := read(whole[:n]); err == nil {
			t.Fatalf("the first %d of %d bytes were read as whole: %q", n, len(whole), v)
		}
	}
}

func TestWrittenIsReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		frames := rapid.SliceOfN(rapid.SliceOfN(rapid.Byte(), 1, 20), 1, 6).Draw(t, "frames")
		sound := rapid.SliceOfN(rapid.Int16(), 0, 50).Draw(t, "sound")
		if len(sound) == 0 {
			sound = nil
		}
		in := Info{Video: MJPEG, Width: rapid.IntRange(1, 500).Draw(t, "width"), Height: 7, FrameSeconds: 0.04}
		if sound != nil {
			in.Audio, in.Rate, in.Channels, in.Bits = PCM, 16000, 1, 16
		}
		var b bytes.Buffer
		if err := Write(&b, in, frames, sound); err != nil {
			t.Fatal(err)
		}
		r, err := Open(&b)
		if err != nil {
			t.Fatal(err)
		}
		if r.Info != in {
			t.Fatalf("header %+v, want %+v", r.Info, in)
		}
		var pcm []byte
		n := 0
		for {
			c, err := r.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			if !c.Video {
				pcm = append(pcm, c.Data...)
				continue
			}
			if n >= len(frames) || !bytes.Equal(c.Data, frames[n]) {
				t.Fatalf("picture %d is %v", n, c.Data)
			}
			n++
		}
		if n != len(frames) || len(pcm) != 2*len(sound) {
			t.Fatalf("%d of %d pictures, %d bytes of %d samples", n, len(frames), len(pcm), len(sound))
		}
		for i, v := range sound {
			if int16(binary.LittleEndian.Uint16(pcm[2*i:])) != v {
				t.Fatalf("sample %d differs", i)
			}
		}
	})
}

func FuzzReader(f *testing.F) {
	f.Add(file(list("hdrl", pictures(4, 2, "MJPG", 24), tone(1, 1, 8000, 16)), list("movi", chunk("00dc", []byte("p")), chunk("01wb", []byte("s")))))
	f.Add(file(list("hdrl", tone(1, 2, 8000, 8), pictures(4, -2, raw, 24)), list("movi", list("rec ", chunk("01db", []byte("odd")), chunk("01db"), chunk("00wb")), chunk("idx1"))))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := Open(bytes.NewReader(data))
		if err != nil {
			return
		}
		total := 0
		for {
			c, err := r.Next()
			if err != nil {
				return
			}
			if c.Video && r.Info.Video == "" || !c.Video && r.Info.Audio == "" {
				t.Fatal("a chunk of a stream that is not there")
			}
			if total += len(c.Data); total > len(data) || len(c.Data) == 0 && !c.Video {
				t.Fatalf("chunks of %d bytes in a file of %d", total, len(data))
			}
		}
	})
}
