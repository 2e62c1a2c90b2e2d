package xlsx

import (
	"strings"
)

// format is what of a number format counts here.
type format struct {
	date, clock bool
	elapsed     bool // hours beyond 24: a duration
	zeros       int  // of a code with leading zeros: how many digits are written
}

// builtin are the number formats that have a number and no text (ECMA-376, part 1, 18.8.30). 27 to
// 36 and 50 to 58 are dates in the Chinese, Japanese and Korean editions.
func builtin(id int) format {
	switch {
	case id >= 14 && id <= 17, id >= 27 && id <= 31, id == 36, id >= 50 && id <= 58:
		return format{date: true}
	case id == 22:
		return format{date: true, clock: true}
	case id >= 18 && id <= 21, id >= 32 && id <= 35, id == 45, id == 47:
		return format{clock: true}
	case id == 46:
		return format{clock: true, elapsed: true}
	}
	return format{}
}

// parseFormat reads the text of a number format: what it holds outside quotes, brackets and
// escapes.
func parseFormat(code string) format {
	// Sections are for positive, negative, zero and text; the first one is enough to tell dates.
	section, _, _ := strings.Cut(code, ";")
	var f format
	var plain strings.Builder
	for i := 0; i < len(section); i++ {
		switch section[i] {
		case '"':
			n := strings.IndexByte(section[i+1:], '"')
			if n < 0 {
				n = len(section) - i - 2
			}
			// Quoted text may hold any letter: "days" is no date.
			i += n + 1
		case '[':
			n := strings.IndexByte(section[i:], ']')
			if n < 0 {
				n = len(section) - i - 1
			}
			switch strings.ToLower(strings.Trim(section[i:i+n], "[]")) {
			case "h", "hh", "m", "mm", "s", "ss":
				f.elapsed, f.clock = true, true
			}
			i += n
		// An underscore leaves the width of the next character, an asterisk repeats it.
		case '\\', '_', '*':
			i++
		default:
			plain.WriteByte(section[i])
		}
	}
	s := strings.ToLower(plain.String())
	// Also with a color or a unit beside it.
	if strings.Contains(s, "general") {
		return f
	}
	// 00000: codes with leading zeros.
	if n := len(s); n > 1 && strings.Trim(s, "0") == "" {
		f.zeros = n
		return f
	}
	if strings.ContainsAny(s, "#0?") && !strings.ContainsAny(s, "ydhs") {
		return f // E+00 and the like
	}
	f.clock = f.clock || strings.ContainsAny(s, "hs") || strings.Contains(s, "am/pm")
	// m is a month, unless hours or seconds make it minutes.
	// aaa is a day of the week in Chinese and Japanese.
	f.date = strings.ContainsAny(s, "yd") || strings.Contains(s, "aaa") || strings.Contains(s, "m") && !f.clock
	return f
}

// styles reads the formats of the cell styles.
func (b *book) styles() error {
	name := b.parts["styles"]
	if name == "" {
		return nil
	}
	d, c, err := b.open(name)
	if d == nil || err != nil {
		return err
	}
	defer c.Close()
	var x struct {
		Formats []struct {
			ID   int    `xml:"numFmtId,attr"`
			Code string `xml:"formatCode,attr"`
		} `xml:"numFmts>numFmt"`
		Cells []struct {
			Format int `xml:"numFmtId,attr"`
		} `xml:"cellXfs>xf"`
	}
	if err := d.Decode(&x); err != nil {
		return err
	}
	own := map[int]format{}
	for _, f := range x.Formats {
		own[f.ID] = parseFormat(f.Code)
	}
	for _, c := range x.Cells {
		f, ok := own[c.Format]
		if !ok {
			f = builtin(c.Format)
		}
		b.formats = append(b.formats, f)
	}
	return nil
}
