package svg

import "math"

// Bars draws one horizontal bar per row, from zero to the right for positive
// and to the left for negative values. With one series a row may have an
// interval; with several the parts are stacked, each side on its own.
type Bars struct {
	Title  string
	XLabel string
	Format Format
	Series []string
	Rows   []Bar
}

// Bar is one row: a value per series, and for a single series an interval
// (NaN: none).
type Bar struct {
	Name      string
	Parts     []float64
	Low, High float64
}

var _ Plot = (*Bars)(nil)

func (p *Bars) title() string { return p.Title }

func (p *Bars) draw(c *canvas) {
	if len(p.Series) > 1 {
		c.legend(p.Series, func(c *canvas, i int, x, y float64) { c.rect(x-8, y-6, 16, 12, i%Series, "") })
	}
	lo, hi := 0.0, 0.0
	var names, values []string
	single := len(p.Series) <= 1
	for _, r := range p.Rows {
		pos, neg := 0.0, 0.0
		for _, v := range r.Parts {
			if math.IsNaN(v) {
				continue
			}
			pos += math.Max(v, 0)
			neg += math.Min(v, 0)
		}
		lo, hi = math.Min(lo, neg), math.Max(hi, pos)
		if single && !math.IsNaN(r.Low) && !math.IsNaN(r.High) {
			lo, hi = math.Min(lo, r.Low), math.Max(hi, r.High)
		}
		names = append(names, r.Name)
		values = append(values, p.Format.Value(pos+neg))
	}
	nameRoom := math.Min(widest(names, fontSize), c.width*0.36)
	valueRoom := widest(values, fontSize)
	left, right := pad+nameRoom+12, c.width-pad-valueRoom-12
	const row = 26.0
	top := c.y + 2
	bottom := top + row*float64(len(p.Rows))
	s := newScale(lo, hi, math.Inf(-1), math.Inf(1), ticksFor(right-left), false, p.Format)
	s.from, s.to = left, right
	c.xAxis(s, top, bottom, p.XLabel)
	short := fitNames(names, nameRoom+0.5, fontSize)
	for i, r := range p.Rows {
		y := top + row*float64(i)
		c.name(pad+nameRoom, y+row/2+4, end, "i", r.Name, short[i])
		c.text(c.width-pad, y+row/2+4, end, "i", values[i], valueRoom+0.5)
		p.bar(c, s, r, y, row, single)
	}
	c.axis(s.at(0), top, s.at(0), bottom)
}

func (p *Bars) bar(c *canvas, s scale, r Bar, y, row float64, single bool) {
	pos, neg := 0.0, 0.0
	for k, v := range r.Parts {
		if math.IsNaN(v) {
			continue
		}
		color := k % Series
		if single && v < 0 { // the other side has the other color
			color = 1
		}
		from := pos
		if v < 0 {
			from = neg
			neg += v
		} else {
			pos += v
		}
		a, b := s.at(from), s.at(from+v)
		tip := r.Name + ": " + p.Format.Value(v)
		if !single {
			tip = r.Name + ", " + p.Series[k] + ": " + p.Format.Value(v)
		}
		c.rect(math.Min(a, b), y+5, math.Abs(b-a), row-10, color, tip)
	}
	if single && !math.IsNaN(r.Low) && !math.IsNaN(r.High) {
		mid, a, b := y+row/2, s.at(r.Low), s.at(r.High)
		c.rule(a, mid, b, mid, "n", "#1b1f24", ` stroke-width="1.5"`)
		c.rule(a, mid-4, a, mid+4, "n", "#1b1f24", ` stroke-width="1.5"`)
		c.rule(b, mid-4, b, mid+4, "n", "#1b1f24", ` stroke-width="1.5"`)
	}
}
