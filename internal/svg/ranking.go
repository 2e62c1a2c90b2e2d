package svg

import (
	"math"
	"slices"
)

// Ranking draws one row per contestant: a dot with its interval, its name on
// the left and its value on the right.
type Ranking struct {
	Title  string
	XLabel string // with its unit
	Format Format
	Rows   []Ranked
	Groups [2]string // names of the two kinds of row, for the legend
	Line   float64   // a value to compare with, drawn as a dashed line; NaN: none
	Note   string    // what the line is
	Floor  float64   // the axis does not go beyond the metric's range
	Ceil   float64
}

// Ranked is one row of a Ranking. Low and High may be NaN: no interval.
type Ranked struct {
	Name            string
	Mean, Low, High float64
	Group           int  // 0 or 1
	Strong          bool // its name and value stand out
}

var _ Plot = (*Ranking)(nil)

func (p *Ranking) title() string { return p.Title }

func (p *Ranking) draw(c *canvas) {
	var names, values []string
	lo, hi := math.Inf(1), math.Inf(-1)
	for _, r := range p.Rows {
		names = append(names, r.Name)
		values = append(values, p.Format.Value(r.Mean))
		// The line is part of the range, so that it is never outside.
		for _, v := range []float64{r.Mean, r.Low, r.High, p.Line} {
			if !math.IsNaN(v) {
				lo, hi = math.Min(lo, v), math.Max(hi, v)
			}
		}
	}
	var legend []string
	var signs []int // 0 and 1: the groups, 2: the line
	for g, name := range p.Groups {
		if slices.ContainsFunc(p.Rows, func(r Ranked) bool { return r.Group == g }) {
			legend, signs = append(legend, name), append(signs, g)
		}
	}
	if !math.IsNaN(p.Line) && p.Note != "" {
		legend, signs = append(legend, p.Note), append(signs, 2)
	}
	if len(legend) == 1 { // nothing to tell apart
		legend = nil
	}
	c.legend(legend, func(c *canvas, i int, x, y float64) {
		i = signs[i]
		if i == 2 {
			c.rule(x-8, y, x+8, y, "l5", light[5], ` stroke-width="1.5" stroke-dasharray="4 3"`)
			return
		}
		c.rule(x-9, y, x+9, y, series("l", i), light[i], ` stroke-width="2"`)
		c.marker(x, y, 4.5, i, "")
	})
	size := fontSize
	if slices.ContainsFunc(p.Rows, func(r Ranked) bool { return r.Strong }) {
		size *= boldWidth
	}
	// Names are cut to about a third of the width; the full one is in the tip.
	nameRoom := math.Min(widest(names, size), c.width*0.36)
	valueRoom := widest(values, size)
	left, right := pad+nameRoom+14, c.width-pad-valueRoom-14
	const row = 20.0
	top := c.y + 2
	bottom := top + row*float64(len(p.Rows))
	s := newScale(lo, hi, p.Floor, p.Ceil, ticksFor(right-left), false, p.Format)
	s.from, s.to = left, right
	c.y = bottom
	c.xAxis(s, top, bottom, p.XLabel)
	if !math.IsNaN(p.Line) {
		x := s.at(p.Line)
		c.rule(x, top, x, bottom, "l5", light[5], ` stroke-width="1.5" stroke-dasharray="4 3"`)
	}
	// Cut so that names stay apart from one another.
	short := fitNames(names, nameRoom+0.5, size)
	for i, r := range p.Rows {
		y := top + row*(float64(i)+0.5)
		class := "i"
		if r.Strong {
			class = strong
		}
		c.name(pad+nameRoom, y+4, end, class, r.Name, short[i])
		c.text(c.width-pad, y+4, end, class, values[i], valueRoom+0.5)
		tip := r.Name + ": " + values[i]
		if !math.IsNaN(r.Low) && !math.IsNaN(r.High) {
			a, b := s.at(r.Low), s.at(r.High)
			c.rule(a, y, b, y, series("l", r.Group), light[r.Group], ` stroke-width="2"`)
			c.rule(a, y-4, a, y+4, series("l", r.Group), light[r.Group], ` stroke-width="1.5"`)
			c.rule(b, y-4, b, y+4, series("l", r.Group), light[r.Group], ` stroke-width="1.5"`)
			tip += " [" + p.Format.Value(r.Low) + ", " + p.Format.Value(r.High) + "]"
		}
		if !math.IsNaN(r.Mean) {
			c.marker(s.at(r.Mean), y, 4.5, r.Group, tip)
		}
	}
}

// ticksFor is how many steps fit a length in pixels.
func ticksFor(pixels float64) int { return max(2, min(8, int(pixels/62))) }

// xAxis draws the grid from top to bottom, the tick labels and the title
// below, and moves c.y below them.
func (c *canvas) xAxis(s scale, top, bottom float64, label string) {
	lastEnd := math.Inf(-1)
	for _, t := range s.ticks {
		x := s.at(t)
		c.grid(x, top, x, bottom)
		text := s.format(t)
		half := textWidth(text, fontSize) / 2
		at := math.Min(math.Max(x, half+1), c.width-half-1)
		if at-half > lastEnd+6 {
			c.text(at, bottom+18, middle, "s", text, 2*half+1)
			lastEnd = at + half
		}
	}
	c.axis(s.from, bottom, s.to, bottom)
	c.y = bottom + 23
	if label != "" {
		c.y += line
		mid := (s.from + s.to) / 2
		room := math.Min(textWidth(label, fontSize), c.width-2*pad)
		mid = math.Max(math.Min(mid, c.width-pad-room/2), pad+room/2)
		c.text(mid, c.y-5, middle, "s", label, c.width-2*pad)
	}
	c.y += pad
}

func series(kind string, i int) string { return kind + string(rune('0'+i%Series)) }
