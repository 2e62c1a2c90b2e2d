package dataset

import (
	"fmt"
	"strings"
)

// maxAlike is how many problems of one kind in one column are kept; the rest are counted.
var maxAlike = 1 << 20

// collector gathers problems of one file, and counts those beyond maxAlike of a kind. It keeps no
// part of a text that it is given.
type collector struct {
	file   string
	list   Problems
	count  map[alike]int
	order  []alike
	deadly bool
}

// note adds a problem that leaves the rest usable.
func (c *collector) note(code string, row int, column, advice, what string, args ...any) {
	c.add(Problem{Code: code, File: c.file, Row: row, Column: strings.Clone(column), What: fmt.Sprintf(what, args...), Advice: advice})
}

// fatal adds a problem after which no honest result can come.
func (c *collector) fatal(code string, row int, column, advice, what string, args ...any) {
	c.add(Problem{Code: code, File: c.file, Row: row, Column: strings.Clone(column), What: fmt.Sprintf(what, args...), Advice: advice, Fatal: true})
}

// add keeps p, or counts it where there are very many alike.
func (c *collector) add(p Problem) {
	c.deadly = c.deadly || p.Fatal
	if p.Row > 0 {
		if c.count == nil {
			c.count = map[alike]int{}
		}
		key := p.kind()
		c.count[key]++
		switch n := c.count[key]; {
		case n == 1:
			c.order = append(c.order, key)
		case n > maxAlike:
			return
		}
	}
	c.list = append(c.list, p)
}

// all returns the problems, with a line for what was only counted.
func (c *collector) all() Problems {
	out := c.list
	for _, key := range c.order {
		if n := c.count[key] - maxAlike; n > 0 {
			out = append(out, Problem{Code: key.code, File: key.file, Column: key.column, What: fmt.Sprintf("%d more problems like these", n), Advice: key.advice, Fatal: key.fatal})
		}
	}
	return out
}

// failed reports whether a fatal problem was found.
func (c *collector) failed() bool { return c.deadly }
