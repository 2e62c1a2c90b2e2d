// Package svg draws the plots of a report as SVG, written by hand: ranked
// intervals, curves with bands, heat maps, reliability diagrams and bars.
//
// A plot is a plain struct and is drawn for a width in pixels, so that a
// report can hold one drawing for screens and one for phones with text of the
// same size in both. Colors are Okabe and Ito's, which color-blind eyes tell
// apart, and never stand alone: series differ in marker or dash as well. Every
// color is written twice, as an attribute for viewers without CSS and as a
// class that follows light and dark mode.
package svg

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Plot is a drawing that can be made for any width.
type Plot interface {
	// draw fills a canvas of the given width and sets its height.
	draw(c *canvas)
	// title is the heading, also read out by screen readers.
	title() string
}

// Inline returns the <svg> element for an HTML page that holds Style().
func Inline(p Plot, width int) string { return render(p, width, false) }

// File returns a complete .svg file, with its own style and background.
func File(p Plot, width int) []byte {
	return []byte(`<?xml version="1.0" encoding="UTF-8"?>` + "\n" + render(p, width, true) + "\n")
}

func render(p Plot, width int, file bool) string {
	c := &canvas{width: float64(width)}
	c.heading(p.title())
	p.draw(c)
	w, h := num(c.width), num(math.Ceil(c.y))
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" class="fz" role="img" aria-label="%s" viewBox="0 0 %s %s" width="%s" height="%s" font-family="%s" font-size="12">`,
		escape(p.title()), w, h, w, h, escape(fonts))
	if file {
		b.WriteString("<style>" + Style() + "</style>")
		fmt.Fprintf(&b, `<rect class="bg" width="%s" height="%s" fill="#ffffff"/>`, w, h)
	}
	b.WriteString(c.b.String())
	b.WriteString("</svg>")
	return b.String()
}

// canvas collects elements; y is the lower edge of what was drawn so far.
type canvas struct {
	b     strings.Builder
	width float64
	y     float64
}

const (
	fontSize = 12.0
	line     = 18.0 // height of a line of text
	pad      = 8.0
)

// strong is the class of text that is prominent; it is so much wider.
const (
	strong    = "strong"
	boldWidth = 1.08
)

// anchors of text
const (
	start  = "start"
	middle = "middle"
	end    = "end"
)

func (c *canvas) heading(s string) {
	c.y = pad
	if s == "" {
		return
	}
	for _, part := range wrap(s, c.width-2*pad, 15*boldWidth) {
		c.y += 20
		fmt.Fprintf(&c.b, `<text class="i" fill="#1b1f24" font-size="15" font-weight="600" x="%s" y="%s">%s</text>`, num(pad), num(c.y-5), escape(part))
	}
	c.y += 4
}

// text draws one line with its baseline at y, cut to at most room pixels; what
// was cut off is in its <title>.
func (c *canvas) text(x, y float64, anchor, class, s string, room float64) {
	size := fontSize
	if class == strong {
		size *= boldWidth
	}
	c.name(x, y, anchor, class, s, fit(s, room, size))
}

// name is text that was cut already.
func (c *canvas) name(x, y float64, anchor, class, s, short string) {
	weight := ""
	if class == strong {
		class, weight = "i", ` font-weight="600"`
	}
	if short == "" {
		return
	}
	fill := "#1b1f24"
	if class == "s" {
		fill = "#57606a"
	}
	fmt.Fprintf(&c.b, `<text class="%s" fill="%s"%s x="%s" y="%s"%s>`, class, fill, weight, num(x), num(y), anchorOf(anchor))
	c.content(s, short)
}

// upright is name turned by 90°, reading upwards, its middle at x.
func (c *canvas) upright(x, y float64, anchor, class, s, short string) {
	fill := "#1b1f24"
	if class == "s" {
		fill = "#57606a"
	}
	fmt.Fprintf(&c.b, `<text class="%s" fill="%s" transform="translate(%s %s) rotate(-90)"%s>`, class, fill, num(x+4), num(y), anchorOf(anchor))
	c.content(s, short)
}

func (c *canvas) content(s, short string) {
	c.b.WriteString(escape(short))
	if short != s {
		c.b.WriteString("<title>" + escape(s) + "</title>")
	}
	c.b.WriteString("</text>")
}

func anchorOf(a string) string {
	if a == start {
		return ""
	}
	return ` text-anchor="` + a + `"`
}

// rule draws a straight line of class g (grid), a (axis) or a series.
func (c *canvas) rule(x1, y1, x2, y2 float64, class, stroke, more string) {
	fmt.Fprintf(&c.b, `<path class="%s" stroke="%s" fill="none" d="M%s %sL%s %s"%s/>`, class, stroke, num(x1), num(y1), num(x2), num(y2), more)
}

func (c *canvas) grid(x1, y1, x2, y2 float64) { c.rule(x1, y1, x2, y2, "g", "#d8dee4", "") }
func (c *canvas) axis(x1, y1, x2, y2 float64) { c.rule(x1, y1, x2, y2, "a", "#8c959f", "") }

// rect draws a filled rectangle in a series' color.
func (c *canvas) rect(x, y, w, h float64, series int, tip string) {
	fmt.Fprintf(&c.b, `<rect class="f%d" fill="%s" x="%s" y="%s" width="%s" height="%s"`, series, light[series], num(x), num(y), num(math.Max(w, 0)), num(h))
	if tip == "" {
		c.b.WriteString("/>")
		return
	}
	fmt.Fprintf(&c.b, `><title>%s</title></rect>`, escape(tip))
}

// marker draws a series' sign at (x, y): circle, diamond, square, triangle.
func (c *canvas) marker(x, y, r float64, series int, tip string) {
	var d string
	switch series % 4 {
	case 0:
		d = fmt.Sprintf("M%s %sa%s %s 0 1 0 %s 0a%s %s 0 1 0 %s 0z", num(x-r), num(y), num(r), num(r), num(2*r), num(r), num(r), num(-2*r))
	case 1:
		r *= 1.3
		d = fmt.Sprintf("M%s %sl%s %sl%s %sl%s %sz", num(x-r), num(y), num(r), num(-r), num(r), num(r), num(-r), num(r))
	case 2:
		d = fmt.Sprintf("M%s %sh%sv%sh%sz", num(x-r), num(y-r), num(2*r), num(2*r), num(-2*r))
	case 3:
		r *= 1.2
		d = fmt.Sprintf("M%s %sl%s %sh%sz", num(x), num(y-r), num(r), num(1.8*r), num(-2*r))
	}
	fmt.Fprintf(&c.b, `<path class="f%d" fill="%s" d="%s"`, series, light[series], d)
	if tip == "" {
		c.b.WriteString("/>")
		return
	}
	fmt.Fprintf(&c.b, `><title>%s</title></path>`, escape(tip))
}

// legend writes the names with their signs, wrapped to the width.
func (c *canvas) legend(names []string, sign func(c *canvas, i int, x, y float64)) {
	if len(names) == 0 {
		return
	}
	x := pad
	c.y += line
	for i, name := range names {
		room := c.width - 2*pad - 26
		w := 26 + math.Min(textWidth(name, fontSize), room) + 14
		if x > pad && x+w-14 > c.width-pad {
			x = pad
			c.y += line
		}
		sign(c, i, x+9, c.y-9)
		c.text(x+24, c.y-5, start, "i", name, room)
		x += w
	}
	c.y += 6
}

func num(v float64) string {
	s := strconv.FormatFloat(math.Round(v*10)/10, 'f', -1, 64)
	if s == "-0" {
		return "0"
	}
	return s
}

var escaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;")

// escape makes text safe in XML; characters that XML forbids become U+FFFD.
func escape(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < 0x20 && r != '\t' && r != '\n' && r != '\r' || r == 0xFFFE || r == 0xFFFF {
			return 0xFFFD
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
	return escaper.Replace(s)
}
