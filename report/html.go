package report

import (
	_ "embed"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/fusor-ml/fusor/compare"
	"github.com/fusor-ml/fusor/eval"
	"github.com/fusor-ml/fusor/internal/svg"
	"github.com/fusor-ml/fusor/model"
)

//go:embed style.css
var style string

// Options describe how a report is written.
type Options struct {
	Lang string // "zh": Chinese; everything else English
	// Media puts pictures and sounds of the mistakes into the file, pictures as
	// thumbnails. MediaLimit bounds their bytes in all; 0 is 4 MB.
	Media      bool
	MediaLimit int
}

const defaultMediaLimit = 4 << 20

// Widths in pixels at which plots are drawn: over the page, in one of two columns, and for phones
// and small plots.
const (
	wideWidth   = 1040
	columnWidth = 480
	smallWidth  = 340
)

// HTML writes the report as one file that needs nothing else: no script, no
// font, no picture from outside. Without media it stays under 1 MB.
func HTML(w io.Writer, d *Document, o Options) error {
	r := newReader(d, speakerOf(o.Lang))
	p := &page{}
	title := r.title()
	p.raw("<!doctype html>\n<html lang=\"", r.htmlLang(), "\"><head><meta charset=\"utf-8\">",
		`<meta name="viewport" content="width=device-width,initial-scale=1"><meta name="color-scheme" content="light dark">`,
		// Texts of samples are in the page: no script runs and nothing is loaded, whatever they hold.
		`<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:; media-src data:">`,
		`<link rel="icon" href="data:,">`)
	p.put("title", title)
	p.raw("<style>", strings.TrimSpace(style), "\n", svg.Style(), "</style></head><body>\n<header>")
	question := r.doc.Title
	if question == "" {
		question = r.say("what")
		switch {
		case d.Verdict != nil:
			question = r.say("question")
		case r.alone():
			question = r.say("good")
		}
	}
	p.put("h1", question)
	p.put(`p class="about"`, r.subtitle())
	p.raw("</header>\n<main>")
	r.card(p)
	parts := r.sections()
	r.contents(p, parts)
	// Sections that are not wide share two columns, which begin anew behind one that is wide.
	var pair *columns
	side := func(write func(p *page)) {
		if pair == nil {
			pair = new(columns)
			p.raw("<div class=\"columns\">\n")
		}
		pair.add(p, write)
	}
	for _, s := range parts {
		if !s.wide {
			side(func(p *page) { r.section(p, s) })
			continue
		}
		if pair != nil {
			pair = nil
			p.raw("</div>\n")
		}
		r.section(p, s)
	}
	// What was looked at and run stands in the same columns, which its small sections fill.
	side(r.data)
	side(r.run)
	p.raw("</div>\n")
	r.mistakes(p, o)
	p.raw("</main>\n<footer>")
	p.put("p", r.say("made"))
	p.raw("</footer></body></html>\n")
	if _, err := io.WriteString(w, p.b.String()); err != nil {
		return fmt.Errorf("cannot write the report: %w", err)
	}
	return nil
}

func (r *reader) title() string {
	switch {
	case r.doc.Title != "":
		return r.doc.Title
	case r.doc.Verdict != nil:
		return r.say("title", r.doc.Data.Name)
	case r.alone():
		return r.say("title_good", r.doc.Data.Name)
	}
	return r.say("title_model", r.doc.Data.Name)
}

// alone reports whether the model has one modality, so that nothing is to be decided: there is one
// score, or beside it that of several networks of the one view.
func (r *reader) alone() bool {
	if r.doc.Verdict != nil || len(r.doc.Shapley) > 0 {
		return false
	}
	return len(r.doc.Rows) == 1 || r.joinsOneView()
}

// joinsOneView reports whether a row is an ensemble of one view.
func (r *reader) joinsOneView() bool {
	return slices.ContainsFunc(r.doc.Rows, func(row compare.Row) bool {
		return row.Kind == eval.Single && row.Fusion == model.Ensemble
	})
}

// subtitle returns one line on what the report is of.
func (r *reader) subtitle() string {
	d := r.doc.Data
	parts := []string{d.Name}
	if d.Rows > 0 {
		parts = append(parts, r.say("n_rows", d.Rows))
	}
	if len(d.Classes) > 0 {
		parts = append(parts, r.say("n_classes", len(d.Classes)))
	}
	if r.doc.Run.Folds > 0 {
		parts = append(parts, r.say("by_folds", r.doc.Run.Folds))
	}
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), " · ")
}

// badge is a sign beside the finding, so that it does not rest on color alone.
func badge(f eval.Finding) string {
	switch f {
	case eval.Helps:
		return "✓"
	case eval.Hurts:
		return "✗"
	}
	return "?"
}

func plainWords(s string) string {
	return strings.Map(func(c rune) rune {
		if c >= 'a' && c <= 'z' || c == ' ' {
			return c
		}
		return -1
	}, s)
}

func (r *reader) fact(p *page, term, big, below string) {
	p.raw("<div>")
	p.put("dt", term)
	p.raw("<dd>")
	p.put("b", big)
	p.raw(attr(below), "</dd></div>")
}

func (r *reader) contents(p *page, parts []section) {
	p.raw(`<nav aria-label="`, attr(r.say("contents")), `"><ul>`)
	link := func(id, name string) {
		p.raw(`<li><a href="#`, id, `">`, attr(name), "</a></li>")
	}
	for _, s := range parts {
		link(s.id, s.title)
	}
	link("data", r.say("data"))
	link("run", r.say("run"))
	if len(r.doc.Mistakes) > 0 {
		title, _ := r.mistakesTitle()
		link("mistakes", title)
	}
	p.raw("</ul></nav>\n")
}

func (r *reader) section(p *page, s section) {
	p.raw(`<section id="`, s.id, `">`)
	p.put("h2", s.title)
	p.put(`p class="note"`, s.note)
	if s.pre != "" {
		p.put("pre", s.pre)
	}
	shown, folded := s.figures, []figure(nil)
	if i := slices.IndexFunc(s.figures, func(f figure) bool { return f.folded }); i >= 0 {
		shown, folded = s.figures[:i], s.figures[i:]
	}
	width := columnWidth
	if s.wide {
		width = wideWidth
	}
	r.figures(p, shown, s.title, width)
	if len(folded) > 0 {
		p.raw("<details>")
		p.put("summary", r.say("more_charts"))
		r.figures(p, folded, s.title, width)
		p.raw("</details>")
	}
	p.raw("</section>\n")
}

// figures writes figures as wide as so many pixels, small ones side by side.
func (r *reader) figures(p *page, figures []figure, title string, width int) {
	grid := false
	for _, f := range figures {
		if f.small != grid {
			grid = f.small
			if grid {
				p.raw(`<div class="grid">`)
			} else {
				p.raw("</div>")
			}
		}
		r.figure(p, f, title, width)
	}
	if grid {
		p.raw("</div>")
	}
}

func (r *reader) figure(p *page, f figure, title string, width int) {
	p.raw("<figure>")
	if f.plot != nil {
		if !f.small {
			p.raw(`<div class="wide">`, svg.Inline(f.plot, width), "</div>")
		}
		p.raw(`<div class="small">`, svg.Inline(f.plot, smallWidth), "</div>")
	}
	switch {
	case f.table == nil || f.table.title == fileOnly:
	case f.plot == nil && len(f.table.rows) <= 10 && !f.table.folded:
		p.put("h3", f.table.title)
		p.table(f.table, f.table.title)
	default:
		label := f.table.title
		if label == "" {
			label = r.say("table")
		}
		p.raw("<details>")
		p.put("summary", label)
		p.table(f.table, title)
		p.raw("</details>")
	}
	p.raw("</figure>")
}
