package media

import (
	"bytes"
	"encoding/binary"
	"path"
	"strings"
	"unicode/utf8"
)

// SniffLen is how many leading bytes of a file [Sniff] wants; fewer will do for short files.
const SniffLen = 512

// Format is what the first bytes of a file say it is. The zero Format is unknown.
type Format struct {
	Kind Kind   // Text, Image, Audio, Video, Vector or Table; "" for a format that is no modality (zip, pdf)
	Name string // "png", "wav", "mp4", …; lower case
}

// Known reports whether the format was recognized as something that can be a modality.
func (f Format) Known() bool { return f.Kind != "" }

// magic is one entry of the table: want is at offset.
type magic struct {
	offset int
	want   string
	format Format
}

// magics are the formats that a fixed string at a fixed place distinguishes.
// Containers that need a second look (RIFF, Ogg, ISO media, zip, MPEG audio) follow in code.
var magics = []magic{
	{0, "\x89PNG\r\n\x1a\n", Format{Image, "png"}},
	{0, "\xff\xd8\xff", Format{Image, "jpeg"}},
	{0, "GIF87a", Format{Image, "gif"}},
	{0, "GIF89a", Format{Image, "gif"}},
	{0, "II*\x00", Format{Image, "tiff"}},
	{0, "MM\x00*", Format{Image, "tiff"}},
	{0, "\x00\x00\x00\x0cjP  \r\n\x87\n", Format{Image, "jpeg2000"}},
	{0, "\x00\x00\x01\x00", Format{Image, "ico"}},
	{0, "8BPS\x00\x01", Format{Image, "psd"}},
	{0, "qoif", Format{Image, "qoi"}},

	{0, "fLaC", Format{Audio, "flac"}},
	{0, ".snd", Format{Audio, "au"}},
	{0, "NIST_1A\n", Format{Audio, "nist"}},
	{0, "riff\x2e\x91\xcf\x11", Format{Audio, "w64"}},
	{0, "caff\x00\x01", Format{Audio, "caf"}},
	{19, "\x1a\x1a\x00", Format{Audio, "voc"}}, // behind Creative Voice File
	{0, "TTA1\x01\x00", Format{Audio, "tta"}},
	{0, "#!AMR", Format{Audio, "amr"}},
	{0, "ID3", Format{Audio, "mp3"}},
	{0, "wvpk", Format{Audio, "wavpack"}},

	{0, "\x1aE\xdf\xa3", Format{Video, "matroska"}},
	{0, "FLV\x01", Format{Video, "flv"}},
	{0, "\x30\x26\xb2\x75\x8e\x66\xcf\x11", Format{Video, "asf"}},
	{0, "\x00\x00\x01\xba", Format{Video, "mpeg"}},
	{0, "\x00\x00\x01\xb3", Format{Video, "mpeg"}},

	{0, "\x93NUMPY", Format{Vector, "npy"}},
	{0, "PAR1", Format{Table, "parquet"}},

	{0, "%PDF-", Format{"", "pdf"}},
	{0, "\x1f\x8b", Format{"", "gzip"}},
	{0, "7z\xbc\xaf\x27\x1c", Format{"", "7z"}},
	{0, "\x28\xb5\x2f\xfd", Format{"", "zstd"}},
	{0, "\x7fELF", Format{"", "program"}},
}

// Sniff describes what a file is by its first bytes (its magic number), never by its name.
// Bytes that match no format but read as text are Text; everything else is the zero Format.
func Sniff(head []byte) Format {
	for _, m := range magics {
		if len(head) >= m.offset+len(m.want) && string(head[m.offset:m.offset+len(m.want)]) == m.want {
			return m.format
		}
	}
	for _, f := range []func([]byte) Format{sniffRIFF, sniffISO, sniffOgg, sniffZip, sniffPickle, sniffMPEGAudio, sniffTS, sniffBitmap} {
		if got := f(head); got.Name != "" {
			return got
		}
	}
	if looksLikeText(head) {
		return Format{Text, "text"}
	}
	return Format{}
}

// sniffRIFF shows WAVE, AVI and WebP apart, and AIFF and SVX in the big-endian FORM container.
func sniffRIFF(b []byte) Format {
	if len(b) < 12 {
		return Format{}
	}
	switch kind := string(b[8:12]); string(b[:4]) {
	case "RIFF", "RF64", "BW64", "RIFX":
		switch kind {
		case "WAVE":
			return Format{Audio, "wav"}
		case "AVI ":
			return Format{Video, "avi"}
		case "WEBP":
			return Format{Image, "webp"}
		}
	case "FORM":
		if kind == "AIFF" || kind == "AIFC" {
			return Format{Audio, "aiff"}
		}
	}
	return Format{}
}

// sniffISO shows the ISO base media brands (ISO/IEC 14496-12) apart: video, sound alone, or a
// picture.
func sniffISO(b []byte) Format {
	if len(b) < 12 || string(b[4:8]) != "ftyp" {
		if len(b) >= 8 && (string(b[4:8]) == "moov" || string(b[4:8]) == "mdat" || string(b[4:8]) == "wide") {
			return Format{Video, "mov"} // QuickTime files of old start without ftyp
		}
		return Format{}
	}
	switch brand := string(b[8:12]); brand {
	case "M4A ", "M4B ", "M4P ":
		return Format{Audio, "m4a"}
	case "heic", "heix", "heim", "heis", "mif1", "msf1":
		return Format{Image, "heif"}
	case "avif", "avis":
		return Format{Image, "avif"}
	case "qt  ":
		return Format{Video, "mov"}
	default:
		return Format{Video, "mp4"}
	}
}

// sniffOgg looks at the first packet of an Ogg stream (RFC 3533) for its codec.
func sniffOgg(b []byte) Format {
	if !bytes.HasPrefix(b, []byte("OggS")) || len(b) < 28 {
		return Format{}
	}
	packet := b[min(len(b), 27+int(b[26])):]
	for _, c := range []struct {
		start  string
		format Format
	}{
		{"\x01vorbis", Format{Audio, "vorbis"}},
		{"OpusHead", Format{Audio, "opus"}},
		{"\x7fFLAC", Format{Audio, "oggflac"}},
		{"Speex   ", Format{Audio, "speex"}},
		{"\x80theora", Format{Video, "theora"}},
		{"fishead", Format{Video, "theora"}}, // an Ogg skeleton goes before pictures
	} {
		if bytes.HasPrefix(packet, []byte(c.start)) {
			return c.format
		}
	}
	return Format{Audio, "ogg"}
}

// sniffZip takes a zip whose first member is an .npy for an .npz.
func sniffZip(b []byte) Format {
	if !bytes.HasPrefix(b, []byte("PK\x03\x04")) && !bytes.HasPrefix(b, []byte("PK\x05\x06")) {
		return Format{}
	}
	if len(b) >= 30 {
		n := int(binary.LittleEndian.Uint16(b[26:]))
		if name := b[30:min(len(b), 30+n)]; bytes.HasSuffix(name, []byte(".npy")) {
			return Format{Vector, "npz"}
		}
	}
	return Format{"", "zip"}
}

// sniffPickle knows Python pickles of protocol 2 to 5 by their PROTO opcode and what may follow it,
// and those of NumPy arrays in older protocols by what they call first: they look like text
// otherwise.
func sniffPickle(b []byte) Format {
	if len(b) >= 3 && b[0] == 0x80 && b[1] >= 2 && b[1] <= 5 && strings.IndexByte("\x95c}](\x8c", b[2]) >= 0 {
		return Format{Vector, "pickle"}
	}
	for _, call := range []string{"cnumpy.core.multiarray\n_reconstruct\n", "cnumpy._core.multiarray\n_reconstruct\n"} {
		if bytes.Contains(b[:min(len(b), 96)], []byte(call)) {
			return Format{Vector, "pickle"}
		}
	}
	return Format{}
}

// sniffMPEGAudio checks the fields of an MPEG audio frame header or of an ADTS header.
func sniffMPEGAudio(b []byte) Format {
	if len(b) < 4 || b[0] != 0xff {
		return Format{}
	}
	if b[1]&0xf6 == 0xf0 && b[2]>>2&0xf < 13 { // layer bits 0: ADTS; 13 to 15 are no sample rates
		return Format{Audio, "aac"}
	}
	// Layer III is 1, layer II is 2; layer I is left out, as \xff\xfe is the mark of UTF-16 too.
	version, layer := b[1]>>3&3, b[1]>>1&3
	if b[1]&0xe0 == 0xe0 && version != 1 && (layer == 1 || layer == 2) && b[2]>>4 != 15 && b[2]>>4 != 0 && b[2]>>2&3 != 3 {
		return Format{Audio, "mp3"}
	}
	return Format{}
}

// sniffTS looks for the sync byte of three MPEG transport packets of 188 bytes.
func sniffTS(b []byte) Format {
	if len(b) > 2*188 && b[0] == 0x47 && b[188] == 0x47 && b[2*188] == 0x47 {
		return Format{Video, "mpegts"}
	}
	return Format{}
}

// sniffBitmap knows formats whose magic is two letters that text may start with too.
func sniffBitmap(b []byte) Format {
	if len(b) >= 18 && b[0] == 'B' && b[1] == 'M' {
		switch size := binary.LittleEndian.Uint32(b[14:]); size {
		case 12, 40, 52, 56, 64, 108, 124: // the known DIB headers
			return Format{Image, "bmp"}
		}
	}
	if len(b) >= 3 && b[0] == 'P' && b[1] >= '1' && b[1] <= '7' && (b[2] == '\n' || b[2] == '\r') {
		return Format{Image, "pnm"}
	}
	return Format{}
}

// looksLikeText reports whether b is the start of UTF-8 or UTF-16 text, or of text in a
// byte encoding such as GB18030: no control characters but white space.
func looksLikeText(b []byte) bool {
	if len(b) == 0 {
		return false
	}
	if bytes.HasPrefix(b, []byte("\xff\xfe")) || bytes.HasPrefix(b, []byte("\xfe\xff")) {
		return true
	}
	control, high := 0, 0
	for _, c := range b {
		switch {
		case c < ' ' && c != '\t' && c != '\n' && c != '\r' && c != '\f' && c != 0x1b, c == 0x7f:
			control++
		case c >= 0x80:
			high++
		}
	}
	if control > 0 {
		return false
	}
	if high == 0 || validUpToCut(b) {
		return true
	}
	return pairedBytes(b)
}

// validUpToCut reports whether b is UTF-8, but for a character cut off at its end.
func validUpToCut(b []byte) bool {
	for cut := 0; cut < utf8.UTFMax && cut < len(b); cut++ {
		if utf8.Valid(b[:len(b)-cut]) {
			return true
		}
	}
	return false
}

// pairedBytes reports whether the bytes above 0x80 form the pairs and fours of GB18030.
func pairedBytes(b []byte) bool {
	for i := 0; i < len(b); {
		if b[i] < 0x80 {
			i++
			continue
		}
		if i+1 >= len(b) {
			return true // cut
		}
		if b[i] == 0x80 || b[i] == 0xff {
			return false
		}
		switch t := b[i+1]; {
		case t >= 0x40 && t != 0x7f && t != 0xff:
			i += 2
		case t >= '0' && t <= '9':
			i += 4
		default:
			return false
		}
	}
	return true
}

// extensions maps the endings of file names to formats, for [ByName].
var extensions = map[string]Format{
	".png": {Image, "png"}, ".jpg": {Image, "jpeg"}, ".jpeg": {Image, "jpeg"}, ".gif": {Image, "gif"},
	".bmp": {Image, "bmp"}, ".webp": {Image, "webp"}, ".tif": {Image, "tiff"}, ".tiff": {Image, "tiff"},
	".heic": {Image, "heif"}, ".avif": {Image, "avif"}, ".ppm": {Image, "pnm"}, ".pgm": {Image, "pnm"},
	".pbm": {Image, "pnm"}, ".pnm": {Image, "pnm"},
	".wav": {Audio, "wav"}, ".flac": {Audio, "flac"}, ".mp3": {Audio, "mp3"}, ".ogg": {Audio, "vorbis"},
	".oga": {Audio, "vorbis"}, ".opus": {Audio, "opus"}, ".m4a": {Audio, "m4a"}, ".aac": {Audio, "aac"},
	".aif": {Audio, "aiff"}, ".aiff": {Audio, "aiff"}, ".wma": {Audio, "asf"}, ".au": {Audio, "au"}, ".sph": {Audio, "nist"}, ".w64": {Audio, "w64"}, ".caf": {Audio, "caf"},
	".mp4": {Video, "mp4"}, ".m4v": {Video, "mp4"}, ".mov": {Video, "mov"}, ".avi": {Video, "avi"},
	".mkv": {Video, "matroska"}, ".webm": {Video, "matroska"}, ".mpg": {Video, "mpeg"}, ".mpeg": {Video, "mpeg"},
	".wmv": {Video, "asf"}, ".flv": {Video, "flv"}, ".ts": {Video, "mpegts"}, ".ogv": {Video, "theora"},
	".npy": {Vector, "npy"}, ".npz": {Vector, "npz"}, ".pkl": {Vector, "pickle"}, ".pickle": {Vector, "pickle"},
	".txt": {Text, "text"}, ".md": {Text, "text"}, ".parquet": {Table, "parquet"},
}

// ByName guesses what a file would be by the ending of its name. It is for files that are not
// there (so that the user is told of a missing image, not of a strange category); what a file
// that can be opened is, [Sniff] decides.
func ByName(name string) Format {
	name = strings.ReplaceAll(name, `\`, "/")
	return extensions[strings.ToLower(path.Ext(name))]
}
