package dataset

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/fusor-ml/fusor/internal/codec/jsontext"
	"github.com/fusor-ml/fusor/internal/codec/parquet"
	"github.com/fusor-ml/fusor/media"
)

// A cell of text holds a medium by value in one of three ways: as a data: URI
// (RFC 2397), as a JSON object {"$base64": "…"} or {"bytes": "…", "path": "…"}, or as
// bare Base64 (RFC 4648) of a file that its first bytes show to be a picture, a sound or a film.

// minBase64 is how long bare Base64 is at least: what is shorter holds no medium and may be a word.
const minBase64 = 40

// held is what a cell's text holds by value.
type held struct {
	source media.Source // zero if the object names a file instead
	file   string       // that file's name
}

// byValue reads a cell that holds a medium by value; ok is false for any other text.
func byValue(s string) (h held, ok bool, err error) {
	s = strings.TrimSpace(s)
	switch {
	case s == "":
		return h, false, nil
	case s[0] == '{':
		return objectMedia(s)
	case len(s) > 5 && strings.EqualFold(s[:5], "data:"):
		return dataURI(s)
	case len(s) >= minBase64 && base64Kind(s).IsFile():
		return held{source: fromBase64("Base64 data", s)}, true, nil
	}
	return h, false, nil
}

// fromBase64 is the source of what s decodes to, which takes no memory until it is opened.
func fromBase64(name, s string) media.Source {
	return media.Made(name, func() ([]byte, error) { return decodeBase64(s) })
}

// dataURI reads data:[type][;parameter]…[;base64],data.
func dataURI(s string) (h held, ok bool, err error) {
	head, data, found := strings.Cut(s, ",")
	if !found || len(head) > 200 || strings.ContainsAny(head, " \t\r\n") {
		return h, false, nil
	}
	if strings.HasSuffix(strings.ToLower(head), ";base64") {
		return held{source: fromBase64("data: URI", data)}, true, nil
	}
	if !strings.Contains(head, "/") { // "data: so, it rained" is a text
		return h, false, nil
	}
	return held{source: media.Made("data: URI", func() ([]byte, error) {
		text, err := url.PathUnescape(data)
		return []byte(text), err
	})}, true, nil
}

// objectMedia reads {"$base64": "…", "name": "…"}, or {"bytes": "…", "path": "…"} as Hugging Face's
// data sets have it, where either may be null.
func objectMedia(s string) (h held, ok bool, err error) {
	if !isMediaObject(s) {
		return h, false, nil
	}
	members := map[string]string{}
	eachMember(s, func(rawKey, raw string) {
		key, e := jsontext.Unquote(rawKey)
		if raw[0] != '"' || e != nil { // null
			return
		}
		var value string
		if value, e = jsontext.Unquote(raw); e != nil {
			err = e
		}
		members[key] = value
	})
	data, name := members["$base64"]+members["bytes"], members["name"]+members["path"]
	switch {
	case err != nil:
		return h, true, err
	case data != "":
		if name == "" {
			name = "Base64 data"
		}
		return held{source: fromBase64(name, data)}, true, nil
	}
	return held{file: members["path"]}, true, nil
}

// isMediaObject reports whether s is a JSON object that holds a medium by value, and nothing else.
func isMediaObject(s string) bool {
	if s[0] != '{' || !strings.Contains(s, `"$base64"`) && !strings.Contains(s, `"bytes"`) || !jsontext.Valid(s) {
		return false
	}
	var keys []string
	ok := true
	eachMember(s, func(key, value string) {
		ok = ok && len(keys) < 2 && (value[0] == '"' || value == "null")
		keys = append(keys, key)
	})
	if !ok || len(keys) == 0 {
		return false
	}
	a, b := keys[0], keys[len(keys)-1]
	switch {
	case a == `"$base64"`, b == `"$base64"`:
		return len(keys) == 1 || a == `"name"` || b == `"name"`
	case len(keys) == 2:
		return a == `"bytes"` && b == `"path"` || a == `"path"` && b == `"bytes"`
	}
	return false
}

// base64Kind is the kind of the medium that s is the Base64 of, by its first bytes; "" for any
// other text.
func base64Kind(s string) media.Kind {
	// Three quarters of the characters are bytes; a line may break after any 76 of them.
	const head = media.SniffLen/3*4 + 64
	if !isBase64(s[:min(len(s), head)]) {
		return ""
	}
	start := strip(s[:min(len(s), head)])
	data, err := decodeBase64(start[:len(start)/4*4])
	if err != nil {
		return ""
	}
	if kind := media.Sniff(data).Kind; kind.IsFile() && isBase64(s) {
		return kind
	}
	return ""
}

// damagedBase64 is the place, counted from 1, of the first character that makes s no Base64 where
// what comes before it begins a medium; 0 for any other text.
func damagedBase64(s string) int {
	at := strings.IndexFunc(s, func(r rune) bool { return r > 127 || !isBase64(string(r)) })
	if at < minBase64 || base64Kind(s[:at/4*4]) == "" {
		return 0
	}
	return at + 1
}

// isBase64 reports whether s has only the characters of either alphabet, line breaks, and padding
// at its end.
func isBase64(s string) bool {
	s = strings.TrimRight(s, "=\r\n")
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		case c == '+', c == '/', c == '-', c == '_', c == '\r', c == '\n':
		default:
			return false
		}
	}
	return true
}

// strip removes line breaks and blanks.
func strip(s string) string {
	if !strings.ContainsAny(s, "\r\n \t") {
		return s
	}
	return strings.NewReplacer("\r", "", "\n", "", " ", "", "\t", "").Replace(s)
}

// decodeBase64 decodes either alphabet, with padding or without.
func decodeBase64(s string) ([]byte, error) {
	s = strings.TrimRight(strip(s), "=")
	encoding := base64.RawStdEncoding
	if strings.ContainsAny(s, "-_") {
		encoding = base64.RawURLEncoding
	}
	data, err := encoding.DecodeString(s)
	var corrupt base64.CorruptInputError
	if errors.As(err, &corrupt) {
		return nil, fmt.Errorf("the Base64 is damaged at character %d of %d", int64(corrupt)+1, len(s))
	}
	return data, err
}

// kindHeld is the kind of the medium that a cell's text holds by value, "" if it holds none.
func kindHeld(s string) media.Kind {
	h, ok, err := byValue(s)
	if !ok || err != nil {
		return ""
	}
	if h.file != "" {
		return media.ByName(h.file).Kind
	}
	f, err := media.SniffSource(context.Background(), h.source)
	if err != nil {
		return ""
	}
	return f.Kind
}

// mediaKind is the kind of most of the media of a column, or "".
func mediaKind(rows [][]media.Source) (media.Kind, error) {
	votes := map[media.Kind]int{}
	n := 0
	step := max(1, len(rows)/fileSample)
	for i, row := range rows {
		if len(row) == 0 || n > 0 && i%step != 0 {
			continue
		}
		n++
		f, err := media.SniffSource(context.Background(), row[0])
		if err != nil {
			return "", err
		}
		votes[f.Kind]++
	}
	best := media.Kind("")
	for _, k := range []media.Kind{media.Image, media.Audio, media.Video, media.Vector, media.Text} {
		if votes[k] > votes[best] {
			best = k
		}
	}
	return best, nil
}

// blobSources are the media of a binary column of Parquet, row by row; the texts are their names.
func blobSources(col parquet.Column) [][]media.Source {
	out := make([][]media.Source, len(col.Blobs))
	for i, row := range col.Blobs {
		names := []string{col.Text[i]}
		if len(row) > 1 || strings.HasPrefix(col.Text[i], `["`) {
			names = splitFiles(col.Text[i])
		}
		for k, b := range row {
			if b.Data == nil {
				continue
			}
			name := ""
			if len(names) == len(row) {
				name = names[k]
			}
			if name == "" {
				name = fmt.Sprintf("%s of row %d", col.Name, i+1)
			}
			out[i] = append(out[i], media.Section(name, b.Data, b.Size, b.Sum))
		}
	}
	return out
}
