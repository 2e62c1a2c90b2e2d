package vorbis

import (
	"math"
	"slices"
	"sync"
)

// floor is the coarse spectrum of a channel as lines between points (section 7).
type floor struct {
	partitions []int // the class of each
	classes    []floorClass
	multiplier int
	x          []int // of the points: 0, the end, and those of the partitions
	order      []int // points in ascending x
	low, high  []int // of each point from 2 on, its neighbors among those before
}

type floorClass struct {
	dim, subclassBits int
	master            int
	books             []int // −1: none
}

func readFloor(r *bitReader, books int) (*floor, error) {
	f := &floor{partitions: make([]int, r.read(5))}
	most := -1
	for i := range f.partitions {
		f.partitions[i] = r.read(4)
		most = max(most, f.partitions[i])
	}
	f.classes = make([]floorClass, most+1)
	for i := range f.classes {
		c := floorClass{dim: r.read(3) + 1, subclassBits: r.read(2)}
		if c.subclassBits > 0 {
			if c.master = r.read(8); c.master >= books {
				return nil, errDamaged
			}
		}
		for range 1 << c.subclassBits {
			book := r.read(8) - 1
			if book >= books {
				return nil, errDamaged
			}
			c.books = append(c.books, book)
		}
		f.classes[i] = c
	}
	f.multiplier = r.read(2) + 1
	width := r.read(4)
	f.x = []int{0, 1 << width}
	for _, p := range f.partitions {
		for range f.classes[p].dim {
			f.x = append(f.x, r.read(width))
		}
	}
	if len(f.x) > 65 || r.ended {
		return nil, errShort
	}
	for i := range f.x {
		f.order = append(f.order, i)
	}
	slices.SortStableFunc(f.order, func(a, b int) int { return f.x[a] - f.x[b] })
	for k := 1; k < len(f.order); k++ {
		if f.x[f.order[k]] == f.x[f.order[k-1]] {
			return nil, errDamaged
		}
	}
	f.low, f.high = make([]int, len(f.x)), make([]int, len(f.x))
	for i := 2; i < len(f.x); i++ {
		low, high := 0, 1
		for j := range i {
			switch {
			case f.x[j] < f.x[i] && f.x[j] > f.x[low]:
				low = j
			case f.x[j] > f.x[i] && f.x[j] < f.x[high]:
				high = j
			}
		}
		f.low[i], f.high[i] = low, high
	}
	return f, nil
}

// read reads the heights of the points in a packet (section 7.2.3); nil: the channel is silent.
func (f *floor) read(r *bitReader, books []*codebook, y []int) []int {
	if !r.flag() {
		return nil
	}
	width := ilog(f.steps() - 1)
	y = append(y[:0], r.read(width), r.read(width))
	for _, p := range f.partitions {
		c := &f.classes[p]
		choice := 0
		if c.subclassBits > 0 {
			choice = books[c.master].scalar(r)
		}
		for range c.dim {
			height := 0
			if book := c.books[choice&(1<<c.subclassBits-1)]; book >= 0 {
				height = books[book].scalar(r)
			}
			y = append(y, height)
			choice >>= c.subclassBits
		}
	}
	if r.ended {
		return nil
	}
	return y
}

// steps is the number of heights.
func (f *floor) steps() int { return [...]int{256, 128, 86, 64}[f.multiplier-1] }

// line is the height at x of the line between two points (section 9.2.6).
func line(x0, y0, x1, y1, x int) int {
	off := abs(y1-y0) * (x - x0) / (x1 - x0)
	if y1 < y0 {
		return y0 - off
	}
	return y0 + off
}

func abs(x int) int { return max(x, -x) }

// apply multiplies a spectrum by the floor with these heights (section 7.2.4).
func (f *floor) apply(spectrum []float32, y []int) {
	steps := f.steps()
	height, used := make([]int, len(y)), make([]bool, len(y))
	height[0], height[1], used[0], used[1] = y[0], y[1], true, true
	for i := 2; i < len(y); i++ {
		low, high := f.low[i], f.high[i]
		expected := line(f.x[low], height[low], f.x[high], height[high], f.x[i])
		above, below := steps-expected, expected
		v := y[i]
		if height[i] = expected; v == 0 {
			continue
		}
		used[low], used[high], used[i] = true, true, true
		switch { // the nearer heights alternate around what is expected, the others follow on one side
		case v >= 2*min(above, below) && above > below:
			height[i] = v
		case v >= 2*min(above, below):
			height[i] = steps - 1 - v
		case v%2 == 1:
			height[i] = expected - (v+1)/2
		default:
			height[i] = expected + v/2
		}
	}
	levels := decibels()
	level := func(at int) float32 { return levels[min(max(at, 0), len(levels)-1)] }
	fromX, fromY := 0, height[0]*f.multiplier
	for _, i := range f.order[1:] {
		if !used[i] {
			continue
		}
		toX, toY := f.x[i], height[i]*f.multiplier
		for x, at := range (segment{fromX, fromY, toX, toY}).heights(len(spectrum)) {
			spectrum[x] *= level(at)
		}
		fromX, fromY = toX, toY
	}
	for x := fromX; x < len(spectrum); x++ {
		spectrum[x] *= level(fromY)
	}
}

// segment is a line from one point to another.
type segment struct{ x0, y0, x1, y1 int }

// heights calls yield with the whole heights from x0 to before x1 and n (section 9.2.7).
func (s segment) heights(n int) func(yield func(x, y int) bool) {
	return func(yield func(x, y int) bool) {
		if s.x1 <= s.x0 {
			return
		}
		wide, tall, step := s.x1-s.x0, abs(s.y1-s.y0), 1
		if s.y1 < s.y0 {
			step = -1
		}
		whole, part := tall/wide*step, tall%wide
		y, rest := s.y0, 0
		for x := s.x0; x < min(s.x1, n); x++ {
			if !yield(x, y) {
				return
			}
			y += whole
			if rest += part; rest >= wide {
				rest -= wide
				y += step
			}
		}
	}
}

// decibels are the levels of a floor, 140/256 dB apart up to 1 (section 10.1).
var decibels = sync.OnceValue(func() *[256]float32 {
	t := new([256]float32)
	for i := range t {
		t[i] = float32(math.Pow(10, float64(i-255)*140/256/20))
	}
	return t
})
