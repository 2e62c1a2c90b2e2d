package svg

import (
	"fmt"
	"math"
	"strings"
)

// Lines draws curves over a common x axis, with bands where there are any.
type Lines struct {
	Title          string
	XLabel, YLabel string // with their units
	XFormat        Format
	YFormat        Format
	WholeX         bool // x are whole numbers, such as epochs
	Curves         []Curve
	YFloor, YCeil  float64 // the y axis does not go beyond; ±Inf for none
	YFrom, YTo     float64 // values the y axis must hold; NaN for none
	Plain          bool    // a single curve has no legend
}

// Curve is one line of a plot. Low and High, if set, are a band around it.
type Curve struct {
	Name      string
	X, Y      []float64
	Low, High []float64
	Mark      int // the point with this index is marked; −1 none
	Color     int // 0..Series−1; also chooses the dash and the marker
	Points    bool
}

var _ Plot = (*Lines)(nil)

func (p *Lines) title() string { return p.Title }

func (p *Lines) draw(c *canvas) {
	var names []string
	for _, k := range p.Curves {
		names = append(names, k.Name)
	}
	if p.Plain && len(names) == 1 {
		names = nil
	}
	c.legend(names, func(c *canvas, i int, x, y float64) {
		k := p.Curves[i].Color % Series
		c.rule(x-9, y, x+11, y, series("l", k), light[k], stroke(k))
		if p.Curves[i].Points {
			c.marker(x+1, y, 3.5, k, "")
		}
	})
	sx, sy, top, bottom := p.scales(c)
	c.yAxis(sy, sx.from, sx.to)
	c.xAxis(sx, top, bottom, p.XLabel)
	for _, k := range p.Curves {
		if len(k.Low) == len(k.X) && len(k.High) == len(k.X) && len(k.X) > 1 {
			k.band(c, sx, sy)
		}
	}
	for _, k := range p.Curves {
		k.line(c, sx, sy, p.XFormat, p.YFormat)
	}
}

func stroke(k int) string {
	s := ` stroke-width="2" stroke-linejoin="round"`
	if dashes[k] != "" {
		s += ` stroke-dasharray="` + dashes[k] + `"`
	}
	return s
}

func (p *Lines) scales(c *canvas) (sx, sy scale, top, bottom float64) {
	xlo, xhi, ylo, yhi := math.Inf(1), math.Inf(-1), math.Inf(1), math.Inf(-1)
	grow := func(lo, hi *float64, vs ...float64) {
		for _, v := range vs {
			if !math.IsNaN(v) && !math.IsInf(v, 0) {
				*lo, *hi = math.Min(*lo, v), math.Max(*hi, v)
			}
		}
	}
	for _, k := range p.Curves {
		grow(&xlo, &xhi, k.X...)
		grow(&ylo, &yhi, k.Y...)
		grow(&ylo, &yhi, k.Low...)
		grow(&ylo, &yhi, k.High...)
	}
	// What the axis has to hold beside the curves.
	grow(&ylo, &yhi, p.YFrom, p.YTo)
	sy = newScale(ylo, yhi, p.YFloor, p.YCeil, 5, false, p.YFormat)
	if p.YLabel != "" {
		c.y += line
		c.text(pad, c.y-5, start, "s", p.YLabel, c.width-2*pad)
	}
	top = c.y + 8
	bottom = top + math.Max(170, math.Min(260, c.width*0.42))
	sy.from, sy.to = bottom, top
	var labels []string
	for _, t := range sy.ticks {
		labels = append(labels, sy.format(t))
	}
	left := pad + widest(labels, fontSize) + 8
	right := c.width - pad - 10
	sx = newScale(xlo, xhi, math.Inf(-1), math.Inf(1), ticksFor(right-left), p.WholeX, p.XFormat)
	// Unlike the y-axis, which ends at ticks.
	sx.lo, sx.hi = xlo, xhi // curves reach both edges
	// Of one point, or none: NaN fails the comparison too.
	if !(xlo < xhi) {
		sx.lo, sx.hi = xlo-1, xlo+1
	}
	inside := sx.ticks[:0]
	for _, t := range sx.ticks {
		if t >= sx.lo-1e-9*(sx.hi-sx.lo) && t <= sx.hi+1e-9*(sx.hi-sx.lo) {
			inside = append(inside, t)
		}
	}
	sx.ticks = inside
	sx.from, sx.to = left, right
	return sx, sy, top, bottom
}

// yAxis draws the horizontal grid with the tick labels left of it.
func (c *canvas) yAxis(s scale, left, right float64) {
	last := math.Inf(1)
	for _, t := range s.ticks {
		y := s.at(t)
		c.grid(left, y, right, y)
		if last-y >= line-2 || math.IsInf(last, 1) {
			c.text(left-6, y+4, end, "s", s.format(t), left)
			last = y
		}
	}
}

func (k Curve) band(c *canvas, sx, sy scale) {
	var d strings.Builder
	sep := "M"
	for i, x := range k.X {
		fmt.Fprintf(&d, "%s%s %s", sep, num(sx.at(x)), num(sy.at(k.High[i])))
		sep = "L"
	}
	for i := len(k.X) - 1; i >= 0; i-- {
		fmt.Fprintf(&d, "L%s %s", num(sx.at(k.X[i])), num(sy.at(k.Low[i])))
	}
	n := k.Color % Series
	fmt.Fprintf(&c.b, `<path class="f%d" fill="%s" fill-opacity="0.15" d="%sz"/>`, n, light[n], d.String())
}

func (k Curve) line(c *canvas, sx, sy scale, xf, yf Format) {
	var d strings.Builder
	sep := "M"
	for i, x := range k.X {
		if math.IsNaN(k.Y[i]) || math.IsInf(k.Y[i], 0) {
			sep = "M"
			continue
		}
		fmt.Fprintf(&d, "%s%s %s", sep, num(sx.at(x)), num(sy.at(k.Y[i])))
		sep = "L"
	}
	n := k.Color % Series
	fmt.Fprintf(&c.b, `<path class="l%d" stroke="%s" fill="none" d="%s"%s/>`, n, light[n], d.String(), stroke(n))
	for i, x := range k.X {
		if (k.Points || i == k.Mark) && !math.IsNaN(k.Y[i]) {
			r := 3.5
			if i == k.Mark {
				r = 5
			}
			c.marker(sx.at(x), sy.at(k.Y[i]), r, n, k.Name+": "+xf.tick(x, 2)+" → "+yf.Value(k.Y[i]))
		}
	}
}
