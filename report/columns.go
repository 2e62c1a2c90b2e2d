package report

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/fusor-ml/fusor/internal/termtext"
)

// columns places sections in the two columns of a wide page, each where the page is shorter so far,
// so that neither is half empty. They are floats: the order in the file, and on a phone and on
// paper, is that of reading.
type columns struct {
	bottom [2]int // estimated, in pixels
}

// add writes a section that write makes.
func (c *columns) add(p *page, write func(p *page)) {
	var one page
	write(&one)
	html := one.b.String()
	side := 0
	if c.bottom[1] < c.bottom[0] {
		side = 1
	}
	c.bottom[side] += estimatedHeight(html)
	p.raw(`<div class="`, [...]string{"l", "r"}[side], `">`, html, "</div>\n")
}

var (
	aFigure   = regexp.MustCompile(`(?s)<figure>.*?</figure>`)
	svgHeight = regexp.MustCompile(`<svg [^>]*\bheight="(\d+)"`)
	textBlock = regexp.MustCompile(`(?s)<(p|h2|h3|dt|li|pre|tr)\b[^>]*>(.*?)</(?:p|h2|h3|dt|li|pre|tr)>`)
	aTag      = regexp.MustCompile(`<[^>]*>`)
)

// estimatedHeight returns about how many pixels a section takes in a column, by its text and its
// plots. An error costs an even end of the columns, nothing else.
func estimatedHeight(html string) int {
	const padding, lineCells = 59, 62
	html, folded := unfolded(html)
	h := padding + 32*folded
	for _, f := range aFigure.FindAllString(html, -1) {
		// Of a plot for both widths the first is shown.
		if m := svgHeight.FindStringSubmatch(f); m != nil {
			n, _ := strconv.Atoi(m[1]) //nolint:errcheck // digits
			h += n + 14
		}
	}
	for _, m := range textBlock.FindAllStringSubmatch(html, -1) {
		lines := 1 + termtext.Width(aTag.ReplaceAllString(m[2], ""))/lineCells
		switch m[1] {
		case "p":
			h += 23*lines + 10
		case "h2", "h3":
			h += 40
		case "dt":
			h += 29
		case "li":
			h += 22 * lines
		case "pre":
			h += 45
		case "tr":
			h += 34
		}
	}
	return h
}

// unfolded returns html without what is folded, and how many parts that are.
func unfolded(html string) (string, int) {
	const open, end = "<details>", "</details>"
	var b strings.Builder
	n, depth := 0, 0
	for html != "" {
		i := strings.Index(html, open)
		if j := strings.Index(html, end); j >= 0 && (i < 0 || j < i) {
			if depth == 0 {
				b.WriteString(html[:j])
			}
			html, depth = html[j+len(end):], max(0, depth-1)
			continue
		}
		if i < 0 {
			i = len(html)
		}
		if depth == 0 {
			b.WriteString(html[:i])
		}
		if i == len(html) {
			break
		}
		if depth == 0 {
			n++
		}
		html, depth = html[i+len(open):], depth+1
	}
	return b.String(), n
}
