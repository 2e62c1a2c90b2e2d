package network

import (
	"fmt"
	"math"

	"github.com/fusor-ml/fusor/internal/kernel"
)

// vision is a transformer over the patches of a picture (Dosovitskiy et al. 2021).
type vision struct {
	info      TowerInfo
	patch     int     // edge of a patch
	patches   *linear // of a flattened patch [3, patch, patch]
	lead      [][]float32
	leadPos   int       // how many of lead have a position
	positions []float32 // [leadPos + gridH gridW, dim]
	gridH     int
	gridW     int
	resize    resizePositions
	preNorm   *norm // nil: none
	layers    stack
	final     *norm // of all rows, nil: none
	post      *norm // of the pooled row alone, nil: none
	pooler    *linear
	poolAct   activation
	attend    *attentionPool // nil: the first row is pooled
	noPool    bool           // there is no vector of its own
	project   *linear
}

// resizePositions is how positions are made for pictures of another size.
type resizePositions int

const (
	neverResize resizePositions = iota
	bicubic
	bicubicAntialiased
)

// Info describes the tower.
func (v *vision) Info() TowerInfo { return v.info }

// Check returns an error if in is no picture of a size that the network takes.
func (v *vision) Check(in Input) error {
	h, w := in.Height, in.Width
	switch {
	case h < v.patch || w < v.patch || h > maxEdge || w > maxEdge:
		return fmt.Errorf("cannot encode a picture of %d by %d: %d to %d is possible", w, h, v.patch, maxEdge)
	case v.resize == neverResize && (h != v.info.Height || w != v.info.Width):
		return fmt.Errorf("cannot encode a picture of %d by %d: the network takes %d by %d", w, h, v.info.Width, v.info.Height)
	case h/v.patch*(w/v.patch) > maxPatches:
		return fmt.Errorf("cannot encode a picture of %d by %d: more than %d patches", w, h, maxPatches)
	case len(in.Pixels) != 3*h*w:
		return fmt.Errorf("cannot encode a picture of %d by %d with %d values", w, h, len(in.Pixels))
	}
	return nil
}

// Bounds of pictures, whose cost grows with their area, that of a transformer with its square.
const (
	maxEdge    = 8192
	maxPixels  = 1 << 21
	maxPatches = 1 << 13
)

// Run encodes pictures.
func (v *vision) Run(s *Scratch, in []Input, out []Output) error {
	s.reset()
	d, rows := v.layers.dim, 0
	lens := make([]int, len(in))
	for i := range in {
		lens[i] = len(v.lead) + in[i].Height/v.patch*(in[i].Width/v.patch)
		rows += lens[i]
	}
	x := s.take(rows * d)
	at := 0
	for i := range in {
		v.embed(s, x[at*d:(at+lens[i])*d], &in[i])
		at += lens[i]
	}
	if v.preNorm != nil {
		v.preNorm.apply(s, x, x, rows)
	}
	v.layers.run(s, x, lens)
	if v.final != nil {
		v.final.apply(s, x, x, rows)
	}
	at = 0
	for i, n := range lens {
		out[i] = Output{Hidden: x[at*d : (at+n)*d], Rows: n}
		v.pool(s, &out[i])
		at += n
	}
	return nil
}

// pool makes the pooled vectors of a picture.
func (v *vision) pool(s *Scratch, out *Output) {
	d := v.layers.dim
	switch {
	case v.noPool:
		return
	case v.attend != nil:
		out.Pooled = s.take(d)
		v.attend.run(s, out.Pooled, out.Hidden, out.Rows)
	default:
		out.Pooled = out.Hidden[:d]
	}
	if v.post != nil {
		y := s.take(d)
		v.post.apply(s, y, out.Pooled, 1)
		out.Pooled = y
	}
	if v.pooler != nil {
		y := s.take(v.pooler.out)
		v.pooler.apply(y, v.pooler.out, out.Pooled, d, 1)
		v.poolAct.inPlace(y)
		out.Pooled = y
	}
	out.Embed = out.Pooled
	if v.project != nil {
		out.Embed = s.take(v.project.out)
		v.project.apply(out.Embed, v.project.out, out.Pooled, v.project.in, 1)
	}
}

// embed sets x to the leading tokens and the projections of the patches, with their positions.
func (v *vision) embed(s *Scratch, x []float32, in *Input) {
	mark := s.mark()
	defer s.release(mark)
	d, p := v.layers.dim, v.patch
	gh, gw := in.Height/p, in.Width/p
	flat := s.take(gw * v.patches.in)
	lead := len(v.lead)
	for y := range gh {
		for c := range 3 {
			for py := range p {
				line := in.Pixels[(c*in.Height+y*p+py)*in.Width:]
				for gx := range gw {
					copy(flat[gx*v.patches.in+(c*p+py)*p:][:p], line[gx*p:])
				}
			}
		}
		v.patches.apply(x[(lead+y*gw)*d:], d, flat, v.patches.in, gw)
	}
	positions := v.positions
	if gh != v.gridH || gw != v.gridW {
		positions = v.resized(s, gh, gw)
	}
	n := v.leadPos * d
	for i, token := range v.lead {
		copy(x[i*d:(i+1)*d], token)
	}
	kernel.Add(x[:n], x[:n], positions[:n])
	grid := x[lead*d:]
	kernel.Add(grid, grid, positions[n:])
}

// resized returns positions for a grid of h by w patches: bicubic interpolation of the trained grid
// as torch.nn.functional.interpolate does it (half-pixel centers, edges repeated). Without
// antialiasing the cubic has a = -0.75, with it a = -0.5 and a support that grows when shrinking.
func (v *vision) resized(s *Scratch, h, w int) []float32 {
	d, n := v.layers.dim, v.leadPos*v.layers.dim
	out := s.take(n + h*w*d)
	copy(out, v.positions[:n])
	clear(out[n:])
	rows, cols := v.taps(v.gridH, h), v.taps(v.gridW, w)
	mark := s.mark()
	defer s.release(mark)
	between := s.take(v.gridH * w * d) // columns first
	clear(between)
	for y := range v.gridH {
		for x, taps := range cols {
			to := between[(y*w+x)*d : (y*w+x+1)*d]
			for _, t := range taps {
				kernel.Axpy(t.weight, v.positions[n+(y*v.gridW+t.at)*d:][:d], to)
			}
		}
	}
	for y, taps := range rows {
		for _, t := range taps {
			kernel.Axpy(t.weight, between[t.at*w*d:(t.at+1)*w*d], out[n+y*w*d:n+(y+1)*w*d])
		}
	}
	return out
}

// tap is the weight of an old position in a new one.
type tap struct {
	at     int
	weight float32
}

// taps returns, for each of to new positions, the weights of from old ones.
func (v *vision) taps(from, to int) [][]tap {
	a, scale, support := -0.75, float64(from)/float64(to), 2.0
	stretch := 1.0
	if v.resize == bicubicAntialiased {
		a = -0.5
		stretch = max(scale, 1)
		support *= stretch
	}
	cubic := func(x float64) float64 {
		x = math.Abs(x)
		switch {
		case x < 1:
			return ((a+2)*x-(a+3))*x*x + 1
		case x < 2:
			return (((x-5)*x+8)*x - 4) * a
		}
		return 0
	}
	all := make([][]tap, to)
	for i := range all {
		center := (float64(i) + 0.5) * scale
		if v.resize == bicubicAntialiased { // old positions outside are left out, the weights sum to 1
			lo, hi := max(int(center-support+0.5), 0), min(int(center+support+0.5), from)
			sum := 0.0
			for j := lo; j < hi; j++ {
				sum += cubic((float64(j) - center + 0.5) / stretch)
			}
			for j := lo; j < hi; j++ {
				all[i] = append(all[i], tap{j, float32(cubic((float64(j)-center+0.5)/stretch) / sum)})
			}
			continue
		}
		floor := math.Floor(center - 0.5)
		for j := int(floor) - 1; j <= int(floor)+2; j++ { // old positions outside are the ones at the edge
			all[i] = append(all[i], tap{min(max(j, 0), from-1), float32(cubic(center - 0.5 - float64(j)))})
		}
	}
	return all
}

// attentionPool is SigLIP's pooling: one learned query attends to all rows, then a network of two
// layers.
type attentionPool struct {
	query   []float32 // [dim], projected and scaled
	kv, out *linear
	heads   int
	norm    *norm
	up      *linear
	down    *linear
	act     activation
}

// run sets y to the pooled vector of x [rows, dim].
func (p *attentionPool) run(s *Scratch, y, x []float32, rows int) {
	mark := s.mark()
	defer s.release(mark)
	dim := len(p.query)
	d := dim / p.heads
	kv, ctx, score := s.take(rows*2*dim), s.take(dim), s.take(rows)
	p.kv.apply(kv, 2*dim, x, dim, rows)
	for h := range p.heads {
		kernel.Gemm(false, true, 1, rows, d, p.query[h*d:], d, kv[h*d:], 2*dim, score, rows, false)
		kernel.Softmax(score, score, rows)
		kernel.Gemm(false, false, 1, d, rows, score, rows, kv[dim+h*d:], 2*dim, ctx[h*d:], d, false)
	}
	p.out.apply(y, dim, ctx, dim, 1)
	p.norm.apply(s, ctx, y, 1)
	inner := s.take(p.up.out)
	p.up.apply(inner, p.up.out, ctx, dim, 1)
	p.act.inPlace(inner)
	p.down.add(y, inner, 1)
}
