package report

import (
	"html"
	"strings"
	"unicode"
)

// page builds HTML. Text always goes through put or an attribute through attr,
// which escape it; raw is for markup of our own.
type page struct{ b strings.Builder }

func (p *page) raw(s ...string) {
	for _, v := range s {
		p.b.WriteString(v)
	}
}

// put writes <tag>text</tag>; tag may carry attributes of our own making.
func (p *page) put(tag, s string) {
	name, _, _ := strings.Cut(tag, " ")
	p.raw("<", tag, ">", attr(s), "</", name, ">")
}

// attr escapes text for HTML, also inside double quotes. Control characters,
// which HTML forbids, become U+FFFD.
func attr(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return unicode.ReplacementChar
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
	return html.EscapeString(s)
}

// breakable is escaped text that may be broken after the signs that join words.
func breakable(s string) string {
	return strings.NewReplacer("_", "_<wbr>", "-", "-<wbr>", ".", ".<wbr>", "/", "/<wbr>").Replace(attr(s))
}

// table writes a table inside a container of its own that scrolls sideways.
func (p *page) table(t *table, label string) {
	p.raw(`<div class="scroll" tabindex="0" role="region" aria-label="`, attr(label), `"><table><thead><tr>`)
	for i, h := range t.head {
		if i < t.texts {
			p.put(`th class="w" scope="col"`, h)
		} else {
			p.put(`th scope="col"`, h)
		}
	}
	p.raw("</tr></thead><tbody>")
	for i, row := range t.rows {
		if i == t.bold {
			p.raw(`<tr class="strong">`)
		} else {
			p.raw("<tr>")
		}
		for k, c := range row {
			switch {
			case k == 0 && t.texts > 0:
				p.put(`th class="w" scope="row"`, c.show)
			case k < t.texts:
				p.put(`td class="w"`, c.show)
			default:
				p.put("td", c.show)
			}
		}
		p.raw("</tr>")
	}
	p.raw("</tbody></table></div>")
}

// pair writes one line of a description list, nothing for an empty value.
func (p *page) pair(term, s string) {
	if s != "" {
		p.put("dt", term)
		p.put("dd", s)
	}
}
