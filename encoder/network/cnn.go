package network

import (
	"fmt"

	"github.com/fusor-ml/fusor/internal/kernel"
)

// cnn is a convolutional network: its hidden rows are the positions of the last plane.
type cnn struct {
	info  TowerInfo
	least int // the smallest edge of a picture
	steps []step
	post  *norm // of the mean, nil: none
}

// step is a layer. What it returns may lie in scratch memory behind its input.
type step func(s *Scratch, in plane) plane

// Info describes the tower.
func (c *cnn) Info() TowerInfo { return c.info }

// Check returns an error if in is no picture.
func (c *cnn) Check(in Input) error {
	switch h, w := in.Height, in.Width; {
	case h < c.least || w < c.least || h > maxEdge || w > maxEdge:
		return fmt.Errorf("cannot encode a picture of %d by %d: %d to %d is possible", w, h, c.least, maxEdge)
	case h*w > maxPixels:
		return fmt.Errorf("cannot encode a picture of %d by %d: more than %d pixels", w, h, maxPixels)
	case len(in.Pixels) != 3*h*w:
		return fmt.Errorf("cannot encode a picture of %d by %d with %d values", w, h, len(in.Pixels))
	}
	return nil
}

// Run encodes pictures, one after the other.
func (c *cnn) Run(s *Scratch, in []Input, out []Output) error {
	s.reset()
	for i := range in {
		pooled := s.take(c.info.Dim)
		mark := s.mark()
		p := channelsLast(s, &in[i])
		for _, f := range c.steps {
			p = s.settle(mark, f(s, p))
		}
		p.mean(pooled)
		if c.post != nil {
			c.post.apply(s, pooled, pooled, 1)
		}
		out[i] = Output{Hidden: p.x, Rows: p.h * p.w, Pooled: pooled, Embed: pooled}
	}
	return nil
}

// settle moves a plane down to mark and frees what lay between, so that few planes are held at a
// time.
func (s *Scratch) settle(mark int, p plane) plane {
	n := p.h * p.w * p.c
	s.release(mark)
	x := s.take(n)
	copy(x, p.x[:n])
	p.x = x
	return p
}

// activate is a step that applies f in place.
func activate(f activation) step {
	return func(_ *Scratch, in plane) plane {
		f.inPlace(in.x)
		return in
	}
}

// residual is a step that adds a shortcut, nil for the input itself, to a branch, and applies last,
// if any.
func residual(shortcut *conv, last activation, branch ...step) step {
	return func(s *Scratch, in plane) plane {
		p := in
		for _, f := range branch {
			p = f(s, p)
		}
		if shortcut != nil {
			in = shortcut.run(s, in)
		}
		kernel.Add(p.x, p.x, in.x)
		if last != nil {
			last.inPlace(p.x)
		}
		return p
	}
}
