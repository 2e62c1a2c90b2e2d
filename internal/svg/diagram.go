package svg

import (
	"fmt"
	"math"
)

// Diagram is a reliability diagram: measured accuracy over stated confidence,
// with the diagonal of a perfectly calibrated model.
type Diagram struct {
	Title          string
	XLabel, YLabel string
	Ideal          string // name of the diagonal in the legend
	Curves         []Calibration
}

// Calibration is one model's curve: mean confidence and accuracy per bin, and
// the bin's number of rows, drawn as the size of the marker.
type Calibration struct {
	Name       string
	Confidence []float64
	Accuracy   []float64
	Rows       []float64
}

var _ Plot = (*Diagram)(nil)

func (p *Diagram) title() string { return p.Title }

func (p *Diagram) draw(c *canvas) {
	names := []string{p.Ideal}
	for _, k := range p.Curves {
		names = append(names, k.Name)
	}
	c.legend(names, func(c *canvas, i int, x, y float64) {
		if i == 0 {
			c.rule(x-9, y, x+11, y, "l7", light[7], ` stroke-width="1.5" stroke-dasharray="3 3"`)
			return
		}
		c.rule(x-9, y, x+11, y, series("l", i-1), light[(i-1)%Series], stroke((i-1)%Series))
		c.marker(x+1, y, 3.5, (i-1)%Series, "")
	})
	c.y += line
	c.text(pad, c.y-5, start, "s", p.YLabel, c.width-2*pad)
	sy := newScale(0, 1, 0, 1, 5, false, Percent)
	left := pad + textWidth("100 %", fontSize) + 8
	// A square, since the diagonal is what the curves are compared with.
	side := math.Min(c.width-left-pad-18, 330)
	top := c.y + 8
	bottom := top + side
	sy.from, sy.to = bottom, top
	sx := newScale(0, 1, 0, 1, 5, false, Percent)
	sx.from, sx.to = left, left+side
	c.yAxis(sy, sx.from, sx.to)
	c.xAxis(sx, top, bottom, p.XLabel)
	c.rule(sx.from, bottom, sx.to, top, "l7", light[7], ` stroke-width="1.5" stroke-dasharray="3 3"`)
	for i, k := range p.Curves {
		n := i % Series
		most := 1.0
		for _, r := range k.Rows {
			most = math.Max(most, r)
		}
		Curve{X: k.Confidence, Y: k.Accuracy, Mark: -1, Color: n}.line(c, sx, sy, Percent, Percent)
		for j := range k.Confidence {
			r := 2.5
			tip := k.Name
			if j < len(k.Rows) {
				// The area of a marker is as the number of rows.
				r += 4 * math.Sqrt(k.Rows[j]/most)
				tip += fmt.Sprintf(" (%.0f)", k.Rows[j])
			}
			c.marker(sx.at(k.Confidence[j]), sy.at(k.Accuracy[j]), r, n, tip+": "+Percent.Value(k.Confidence[j])+" → "+Percent.Value(k.Accuracy[j]))
		}
	}
}
