package media

import (
	"encoding/binary"
	"strings"
	"testing"
)

// riff makes the head of a RIFF file of the given form.
func riff(magic, form string) string {
	return magic + "\x24\x00\x00\x00" + form + "fmt \x10\x00\x00\x00"
}

// ogg makes the first page of an Ogg stream with the given packet.
func ogg(packet string) string {
	return "OggS" + strings.Repeat("\x00", 22) + "\x01" + string(rune(len(packet))) + packet
}

// zipOf makes the local header of a zip's first member.
func zipOf(name string) string {
	b := make([]byte, 30)
	copy(b, "PK\x03\x04")
	binary.LittleEndian.PutUint16(b[26:], uint16(len(name)))
	return string(b) + name + "data"
}

func TestSniff(t *testing.T) {
	f := func(head string, kind Kind, name string) {
		t.Helper()
		if got, want := Sniff([]byte(head)), (Format{kind, name}); got != want {
			t.Errorf("Sniff(%.24q) = %v, want %v", head, got, want)
		}
	}
	f("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", Image, "png")
	f("\xff\xd8\xff\xe0\x00\x10JFIF", Image, "jpeg")
	f("GIF89a\x01\x00", Image, "gif")
	f("II*\x00\x08\x00", Image, "tiff")
	f("MM\x00*\x00\x08", Image, "tiff")
	f(riff("RIFF", "WEBP"), Image, "webp")
	f("BM\x36\x00\x00\x00\x00\x00\x00\x00\x36\x00\x00\x00\x28\x00\x00\x00", Image, "bmp")
	f("P6\n2 2\n255\n", Image, "pnm")
	f("Creative Voice File\x1a\x1a\x00\x0a\x01", Audio, "voc")
	f("Creative Voice File", Text, "text")
	f("MAC addresses of all machines", Text, "text")
	f("NIST_1A\n   1024\nchannel_count -i 1\n", Audio, "nist")
	f("riff\x2e\x91\xcf\x11\xa5\xd6\x28\xdb", Audio, "w64")
	f("caff\x00\x01\x00\x00desc", Audio, "caf")
	f("\x00\x00\x00\x1cftypheic", Image, "heif")
	f("\x00\x00\x00\x1cftypavif", Image, "avif")
	f(riff("RIFF", "WAVE"), Audio, "wav")
	f(riff("RF64", "WAVE"), Audio, "wav")
	f(riff("BW64", "WAVE"), Audio, "wav")
	f("FORM\x00\x00\x00\x10AIFFCOMM", Audio, "aiff")
	f("fLaC\x00\x00\x00\x22", Audio, "flac")
	f("ID3\x04\x00", Audio, "mp3")
	f("\xff\xfb\x90\x64", Audio, "mp3")
	f("\xff\xf3\x48\xc4", Audio, "mp3")
	f("\xff\xf1\x50\x80", Audio, "aac")
	f(ogg("\x01vorbis"), Audio, "vorbis")
	f(ogg("OpusHead"), Audio, "opus")
	f(ogg("\x80theora"), Video, "theora")
	f("\x00\x00\x00\x1cftypM4A ", Audio, "m4a")
	f("\x00\x00\x00\x20ftypisom", Video, "mp4")
	f("\x00\x00\x00\x14ftypqt  ", Video, "mov")
	f(riff("RIFF", "AVI "), Video, "avi")
	f("\x1aE\xdf\xa3\x9fB\x86\x81", Video, "matroska")
	f("G"+strings.Repeat("\x00", 187)+"G"+strings.Repeat("\x00", 187)+"G\x00", Video, "mpegts")
	f("\x93NUMPY\x01\x00", Vector, "npy")
	f(zipOf("x.npy"), Vector, "npz")
	f(zipOf("word/document.xml"), "", "zip")
	f("\x80\x04\x95\x10", Vector, "pickle")
	f("cnumpy.core.multiarray\n_reconstruct\np0\n(cnumpy\nndarray\n", Vector, "pickle")
	f("(lp0\ncnumpy._core.multiarray\n_reconstruct\np1\n", Vector, "pickle")
	f("import numpy.core.multiarray\n", Text, "text")
	f("PAR1\x15\x04", Table, "parquet")
	f("%PDF-1.7", "", "pdf")
	f("id,label\n1,a\n", Text, "text")
	f("BMW is a car", Text, "text")
	f("很快,好吃", Text, "text")
	f("很快,好"[:8], Text, "text")                  // cut inside a character
	f("\xba\xdc\xbf\xec,\xba\xc3", Text, "text") // GB18030
	f("\xff\xfei\x00d\x00", Text, "text")        // UTF-16 with its mark
	f("", "", "")
	f("\x00\x01\x02\x03\x04\x05", "", "")
	f("\xff\xff\xff\xff", "", "")
}

func TestByName(t *testing.T) {
	f := func(name string, kind Kind) {
		t.Helper()
		if got := ByName(name).Kind; got != kind {
			t.Errorf("ByName(%q).Kind = %q, want %q", name, got, kind)
		}
	}
	f("wav/17.wav", Audio)
	f(`img\A.JPG`, Image)
	f("clip.webm", Video)
	f("a.b/c", "")
	f("3.5", "")
	f("", "")
}

func FuzzSniff(f *testing.F) {
	f.Add([]byte("RIFF1234WAVE"))
	f.Add([]byte("OggS"))
	f.Add([]byte(ogg("OpusHead")))
	f.Fuzz(func(t *testing.T, head []byte) {
		if got := Sniff(head); got.Kind != "" && !got.Kind.Valid() {
			t.Errorf("Sniff gave the kind %q", got.Kind)
		}
	})
}
