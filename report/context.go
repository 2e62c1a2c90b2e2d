package report

import (
	"cmp"
	"encoding/base64"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/internal/lang"
	"github.com/fusor-ml/fusor/internal/svg"
	"github.com/fusor-ml/fusor/internal/termtext"
)

// mistakesTitle is the heading of the mistakes.
func (r *reader) mistakesTitle() (title, note string) {
	switch r.doc.Data.Task {
	case dataset.Regression:
		return r.say("errors"), r.ofFirst(r.say("errors_note"))
	case dataset.Multilabel:
		return r.say("mistakes"), r.ofFirst(r.say("label_mistakes_note"))
	}
	return r.say("mistakes"), r.ofFirst(r.say("mistakes_note"))
}

// firstMistakes are shown, the rest on demand.
const firstMistakes = 8

// mistakes writes the surest wrong predictions as cards, with their media if
// the options ask for it.
func (r *reader) mistakes(p *page, o Options) {
	if len(r.doc.Mistakes) == 0 {
		return
	}
	// Bytes of all media together: cells are filled in until these are used up.
	left := 0
	if o.Media {
		left = o.MediaLimit
		if left <= 0 {
			left = defaultMediaLimit
		}
	}
	p.raw(`<section id="mistakes">`)
	title, note := r.mistakesTitle()
	p.put("h2", title)
	p.put(`p class="note"`, note)
	p.raw(`<div class="cards">`)
	first := firstMistakes
	if o.Media { // which make a card twice as high
		first /= 2
	}
	for i, m := range r.doc.Mistakes {
		// The others are folded, in the same page.
		if i == first {
			p.raw("</div><details>")
			p.put("summary", r.say("more_mistakes", len(r.doc.Mistakes)-i))
			p.raw(`<div class="cards">`)
		}
		p.raw(`<article class="card">`)
		p.put(`div class="id"`, m.ID)
		p.raw("<div>", attr(r.say("predicted")), r.pick(": ", "："))
		// Of several labels none may be right, which an empty text would not show.
		p.put(`span class="wrong"`, cmp.Or(m.Predicted, r.say("no_labels")))
		beside := svg.Percent.Value(m.Probability)
		if m.Error > 0 {
			beside = r.say("off", termtext.Number(m.Error))
		}
		p.raw(r.pick(" (", "（"), attr(beside), r.pick(")", "）"), "<br>", attr(r.say("true")), r.pick(": ", "："))
		p.put(`span class="right"`, cmp.Or(m.True, r.say("no_labels")))
		p.raw("</div>")
		for _, c := range m.Cells {
			class := "cell"
			if brief(c, o.Media) {
				class = "cell brief"
			}
			p.raw(`<div class="`, class, `"><span>`, attr(c.Column), "</span>")
			r.cell(p, c, o.Media, &left)
			p.raw("</div>")
		}
		p.raw("</article>")
	}
	p.raw("</div>")
	if len(r.doc.Mistakes) > first {
		p.raw("</details>")
	}
	p.raw("</section>\n")
}

// brief reports whether a cell is shown beside its column's name: a path, or nothing.
func brief(c Cell, media bool) bool {
	return c.Kind != "text" && len(c.Fields) == 0 && !(media && len(c.Data) > 0)
}

// cell shows a text, or a picture or sound as a data URI while bytes are left.
func (r *reader) cell(p *page, c Cell, media bool, left *int) {
	kind, mime, data := inlined(c)
	switch {
	case media && kind != "" && len(data) <= *left:
		*left -= len(data)
		uri := "data:" + mime + ";base64," + base64.StdEncoding.EncodeToString(data)
		if kind == "image" {
			p.raw(`<img alt="`, attr(c.Column+" "+c.Text), `" src="`, uri, `">`)
		} else {
			p.raw(`<audio controls preload="none" aria-label="`, attr(c.Column+" "+c.Text), `" src="`, uri, `"></audio>`)
		}
	case len(c.Fields) > 0:
		p.raw(`<dl class="fields">`)
		for _, f := range c.Fields {
			p.raw("<dt>", breakable(f.Name), "</dt>")
			p.put("dd", clipped(f.Value))
		}
		p.raw("</dl>")
		if c.Usual > 0 {
			p.put(`div class="about"`, r.say("usual", c.Usual))
		}
	case c.Text == "" && len(c.Data) == 0:
		p.raw(r.pick("(", "（"), attr(r.say("missing")), r.pick(")", "）"))
	default:
		p.put(`div class="clip"`, clipped(c.Text))
		if media && kind != "" {
			p.raw(r.pick("(", "（"), attr(r.say("left_out")), r.pick(")", "）"))
		}
	}
}

// clipped bounds a text in the file; the page shows six lines of it.
func clipped(s string) string {
	const most = 600
	runes := 0
	for i := range s {
		if runes++; runes > most {
			return s[:i] + "…"
		}
	}
	return s
}

// maxProblems bounds the data's problems in the page.
const maxProblems = 20

func (r *reader) data(p *page) {
	d := r.doc.Data
	p.raw(`<section id="data">`)
	p.put("h2", r.say("data"))
	p.raw(`<dl class="pairs">`)
	p.pair(r.say("dataset"), d.Name)
	p.pair(r.say("task"), r.named("task_", string(d.Task)))
	if d.Rows > 0 {
		p.pair(r.say("rows"), strconv.Itoa(d.Rows))
	}
	p.pair(r.say("splits"), r.counts(d.Splits))
	if len(d.Classes) > 0 {
		p.pair(r.say("classes"), r.balance(d.Classes))
	}
	p.raw("</dl>")
	if f := r.modalities(); f != nil {
		r.figure(p, *f, r.say("modalities"), columnWidth)
	}
	if f := r.classes(); f != nil {
		p.raw("<details>")
		p.put("summary", r.say("classes_plot"))
		r.figure(p, *f, r.say("classes_plot"), columnWidth)
		p.raw("</details>")
	}
	if len(d.Problems) > 0 {
		p.put("h3", r.say("problems"))
		p.raw(`<ul class="problems">`)
		for _, s := range d.Problems[:min(maxProblems, len(d.Problems))] {
			p.put("li", lang.Of(r.lang()).Text(s))
		}
		if more := len(d.Problems) - maxProblems; more > 0 {
			p.put("li", r.say("more", more))
		}
		p.raw("</ul>")
	}
	p.raw("</section>\n")
}

// balance returns how many classes there are, and how many rows the smallest and the largest have.
func (r *reader) balance(classes []Count) string {
	less := func(a, b Count) int { return a.Rows - b.Rows }
	least, most := slices.MinFunc(classes, less).Rows, slices.MaxFunc(classes, less).Rows
	if most == 0 {
		return strconv.Itoa(len(classes))
	}
	if least == most {
		return r.say("class_rows_each", len(classes), most)
	}
	return r.say("class_rows", len(classes), least, most)
}

// notes are the run's, those of the program's own in the reader's language.
func (r *reader) notes() []string {
	v := r.doc.Run
	out := slices.Clone(v.Notes)
	if v.NoiseRows > 0 && v.NoiseRows < r.doc.Data.Rows {
		out = append(out, r.say("noise_rows", v.NoiseRows, r.doc.Data.Rows))
	}
	return out
}

// duration writes seconds for people.
func (r *reader) duration(s float64) string {
	whole := int(math.Round(s))
	switch {
	case s < 100:
		return seconds(s) + r.pick(" s", " 秒")
	case whole < 3600:
		return fmt.Sprintf(r.pick("%d min %02d s", "%d 分 %02d 秒"), whole/60, whole%60)
	}
	return fmt.Sprintf(r.pick("%d h %02d min", "%d 小时 %02d 分"), whole/3600, whole%3600/60)
}

func (r *reader) counts(cs []Count) string {
	var parts []string
	for _, c := range cs {
		parts = append(parts, fmt.Sprintf("%s\u00a0%d", r.named("", c.Name), c.Rows))
	}
	return strings.Join(parts, "\u00a0· ")
}

func (r *reader) modalities() *figure {
	d := r.doc.Data
	if len(d.Modalities) == 0 {
		return nil
	}
	t := &table{title: r.say("modalities"), texts: 3, bold: -1}
	t.column("modality", headed(r.say("modality")))
	t.column("kind", headed(r.say("kind")))
	t.column("views", headed(r.say("views")))
	t.column("missing", headed(r.say("missing_rows")))
	for _, m := range d.Modalities {
		share := "0"
		if m.Missing > 0 {
			share = strconv.Itoa(m.Missing)
			if d.Rows > 0 {
				share += " (" + svg.Percent.Value(float64(m.Missing)/float64(d.Rows)) + ")"
			}
		}
		kind := cell{r.named("kind_", m.Kind), m.Kind}
		if len(m.Languages) > 0 {
			kind.show += r.pick(" (", "（") + r.counts(m.Languages) + r.pick(")", "）")
		}
		t.rows = append(t.rows, []cell{text(m.Name), kind, text(strings.Join(m.Views, ", ")), {share, strconv.Itoa(m.Missing)}})
	}
	return &figure{name: "modalities", table: t}
}

func (r *reader) classes() *figure {
	cs := r.doc.Data.Classes
	if len(cs) == 0 {
		return nil
	}
	p := &svg.Bars{Title: r.say("classes_plot"), XLabel: r.say("rows"), Format: svg.Count, Series: []string{r.say("rows")}}
	t := &table{title: r.say("classes_plot"), texts: 1, bold: -1}
	t.column("class", headed(r.say("class")))
	t.column("rows", headed(r.say("rows")))
	for _, c := range cs {
		p.Rows = append(p.Rows, svg.Bar{Name: c.Name, Parts: []float64{float64(c.Rows)}, Low: math.NaN(), High: math.NaN()})
		t.rows = append(t.rows, []cell{text(c.Name), count(c.Rows)})
	}
	f := &figure{name: "classes", table: t}
	if len(cs) <= maxRows {
		f.plot, t.title = p, ""
	}
	if f.plot == nil && len(cs) > 200 {
		return nil
	}
	return f
}

// seed is the one that was given, with how often it was varied.
func (r *reader) seed() string {
	v := r.doc.Run
	s := ""
	if v.Seed != nil {
		s = strconv.FormatUint(*v.Seed, 10)
	}
	if n := len(v.Seeds); n > 1 {
		if s != "" {
			s += r.pick(", ", "，")
		}
		s += r.say("repeated", n)
	}
	return s
}

func (r *reader) run(p *page) {
	v := r.doc.Run
	p.raw(`<section id="run">`)
	p.put("h2", r.say("run"))
	p.raw(`<dl class="pairs">`)
	version := v.Version
	if v.Go != "" {
		version = strings.TrimSpace(version + " · " + v.Go)
	}
	p.pair(r.say("version"), version)
	p.pair(r.say("machine"), v.Machine)
	if v.Folds > 0 {
		p.pair(r.say("folds"), strconv.Itoa(v.Folds))
	} else if len(v.Seeds) > 0 {
		p.pair(r.say("split"), r.say("official"))
	}
	p.pair(r.say("seed"), r.seed())
	if v.Seconds > 0 {
		p.pair(r.say("seconds"), r.duration(v.Seconds))
	}
	p.pair(r.say("notes"), strings.Join(r.notes(), r.pick("; ", "；")))
	p.raw("</dl>")
	if len(v.Command) > 0 {
		p.put("h3", r.say("command"))
		p.put("pre", Command(v.Command))
	}
	p.raw("</section>\n")
}
