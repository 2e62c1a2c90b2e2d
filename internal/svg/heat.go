package svg

import (
	"fmt"
	"math"
	"strings"
)

// Heat draws a table of numbers as colored cells, with the numbers in them
// where they fit.
type Heat struct {
	Title            string
	RowLabel         string // what the rows are
	ColLabel         string
	Rows, Cols       []string
	Values           [][]float64 // [rows][cols]; NaN cells stay empty
	Format           Format
	Max              float64 // the value of the darkest color; 0: the largest
	ByRow            bool    // color each row on its own, as shares of the row's sum
	RowName, ColName string  // words of a cell's tip, e.g. "true", "predicted"
}

var _ Plot = (*Heat)(nil)

func (p *Heat) title() string { return p.Title }

// level returns the color step of a cell, −1 for an empty one.
func (p *Heat) level(r, k int, most float64) int {
	v := p.Values[r][k]
	if math.IsNaN(v) {
		return -1
	}
	if p.ByRow {
		most = 0
		for _, x := range p.Values[r] {
			most += x
		}
	}
	if most <= 0 {
		return 0
	}
	return max(0, min(heatLevels-1, int(math.Round(v/most*(heatLevels-1)))))
}

func (p *Heat) draw(c *canvas) {
	if len(p.Rows) == 0 || len(p.Cols) == 0 {
		return
	}
	most := p.Max
	var texts []string
	for _, row := range p.Values {
		for _, v := range row {
			if p.Max == 0 && !math.IsNaN(v) {
				most = math.Max(most, v)
			}
			texts = append(texts, p.Format.Value(v))
		}
	}
	if p.RowLabel != "" {
		c.y += line
		c.text(pad, c.y-5, start, "s", "↓ "+p.RowLabel+"   → "+p.ColLabel, c.width-2*pad)
	}
	nameRoom := math.Min(widest(p.Rows, fontSize), c.width*0.3)
	left := pad + nameRoom + 8
	cellW := math.Min(math.Max(64, math.Min(widest(p.Cols, fontSize)+10, 190)), (c.width-pad-left)/float64(len(p.Cols)))
	cellH := math.Max(math.Min(26, cellW), (c.width-pad-left)/120)
	if cellW >= 14 && len(p.Rows) <= 40 {
		cellH = math.Max(cellH, 20)
	}
	top := p.columnNames(c, left, cellW)
	p.rowNames(c, pad+nameRoom, top, cellH)
	numbers := widest(texts, fontSize)+4 <= cellW && cellH >= 16
	p.cells(c, left, top, cellW, cellH, most, numbers)
	c.y = top + cellH*float64(len(p.Rows)) + pad
}

// columnNames writes the names above the cells, turned where they don't fit,
// every n-th where even that is too tight, and returns the cells' upper edge.
func (p *Heat) columnNames(c *canvas, left, cellW float64) float64 {
	if widest(p.Cols, fontSize)+6 <= cellW {
		for k, name := range p.Cols {
			c.text(left+cellW*(float64(k)+0.5), c.y+14, middle, "i", name, cellW)
		}
		return c.y + 20
	}
	room := math.Min(widest(p.Cols, fontSize), 150)
	short := fitNames(p.Cols, room, fontSize)
	every := max(1, int(math.Ceil(16/cellW)))
	for k := 0; k < len(p.Cols); k += every {
		c.upright(left+cellW*(float64(k)+0.5), c.y+room+4, start, "i", p.Cols[k], short[k])
	}
	return c.y + room + 10
}

func (p *Heat) rowNames(c *canvas, right, top, cellH float64) {
	short := fitNames(p.Rows, right-pad+0.5, fontSize)
	every := max(1, int(math.Ceil(16/cellH)))
	for r := 0; r < len(p.Rows); r += every {
		c.name(right, top+cellH*(float64(r)+0.5)+4, end, "i", p.Rows[r], short[r])
	}
}

func (p *Heat) cells(c *canvas, left, top, w, h, most float64, numbers bool) {
	gap := 1.0
	if w < 10 || h < 10 {
		gap = 0
	}
	var paths [heatLevels]strings.Builder
	var texts strings.Builder
	small := len(p.Rows)*len(p.Cols) <= 900
	for r, row := range p.Values {
		for k, v := range row {
			l := p.level(r, k, most)
			if l < 0 || (!small && v == 0) { // a large map leaves out its zeros
				continue
			}
			if !small {
				l = max(l, 3) // a rare confusion must not vanish
			}
			x, y := left+w*float64(k), top+h*float64(r)
			fmt.Fprintf(&paths[l], "M%s %sh%sv%sh%sz", num(x), num(y), num(w-gap), num(h-gap), num(-(w - gap)))
			if numbers && v != 0 {
				_, ink := heatColors(l, false)
				fmt.Fprintf(&texts, `<text class="t%d" fill="%s" x="%s" y="%s" text-anchor="middle">%s</text>`, l, ink, num(x+(w-gap)/2), num(y+h/2+4), escape(p.Format.Value(v)))
			}
		}
	}
	if !small {
		fmt.Fprintf(&c.b, `<path class="a" stroke="#8c959f" fill="none" d="M%s %sh%sv%sh%sz"/>`, num(left), num(top), num(w*float64(len(p.Cols))), num(h*float64(len(p.Rows))), num(-w*float64(len(p.Cols))))
	}
	for l := range paths {
		if paths[l].Len() > 0 {
			fill, _ := heatColors(l, false)
			fmt.Fprintf(&c.b, `<path class="h%d" fill="%s" d="%s"/>`, l, fill, paths[l].String())
		}
	}
	c.b.WriteString(texts.String())
}
