package video

import (
	"math"

	"github.com/fusor-ml/fusor/feature"
	"github.com/fusor-ml/fusor/feature/image"
	"github.com/fusor-ml/fusor/internal/vision"
)

// Steps is how many evenly spaced frames are described.
const Steps = 16

// motionGrid is the number of cells along each side in which motion is measured.
const motionGrid = 4

// The gradients of a frame: fine where they are averaged over the frames, coarser in each step.
var (
	stillGrid = vision.GradientGrid{Side: 8, Bins: 18, Signed: true}
	stepGrid  = vision.GradientGrid{Side: 6, Bins: 12, Signed: true}
)

const (
	motionDim  = motionGrid*motionGrid + 2
	surfaceDim = image.FrameDim + motionDim // what a frame has beside its gradients
)

// frame is what the views take of one frame.
type frame struct {
	fine    []float32 // gradients on stillGrid
	coarse  []float32 // gradients on stepGrid
	surface []float32 // colors, texture, motion against the frame before
}

// describe computes the frames' features.
func (it *item) describe() []frame {
	var frames []frame
	var before *vision.Image
	for _, m := range it.pictures() {
		frames = append(frames, frame{
			fine:    image.AppendOutline(nil, m, stillGrid),
			coarse:  image.AppendOutline(nil, m, stepGrid),
			surface: append(image.AppendFrame(nil, m), motion(before, m)...),
		})
		before = m
	}
	return frames
}

// motion is, per cell of a 4 × 4 grid, the square root of the mean absolute
// difference of the luma against the frame before (0 to 1), and of the whole frame
// the horizontal and vertical shift of the changed area's center against the
// frame's (−1 to 1).
// It is zero for the first frame and across a change of size.
func motion(before, m *vision.Image) []float32 {
	out := make([]float32, motionDim)
	if before == nil || before.Width != m.Width || before.Height != m.Height {
		return out
	}
	var count [motionGrid * motionGrid]float32
	var sum, sx, sy float64
	for y := range m.Height {
		gy := y * motionGrid / m.Height
		a, b := m.Y[y*m.Width:(y+1)*m.Width], before.Y[y*m.Width:(y+1)*m.Width]
		for x := range a {
			d := math.Abs(float64(a[x])-float64(b[x])) / 255
			cell := gy*motionGrid + x*motionGrid/m.Width
			out[cell] += float32(d)
			count[cell]++
			sum += d
			sx += d * (2*float64(x)/float64(m.Width) - 1)
			sy += d * (2*float64(y)/float64(m.Height) - 1)
		}
	}
	for i, n := range count {
		if n > 0 {
			out[i] = float32(math.Sqrt(float64(out[i] / n)))
		}
	}
	if sum > 0 {
		out[motionDim-2], out[motionDim-1] = float32(sx/sum), float32(sy/sum)
	}
	return out
}

// Visual is the clip in time: a step for each of up to Steps frames, of its
// gradients by 12 directions on 6 × 6 cells, its colors and texture (see
// image.AppendFrame), and the motion against the frame before.
type Visual struct{ denseView }

var _ feature.View = Visual{}

// Info implements feature.View.
func (Visual) Info() feature.Info {
	return feature.Info{
		Name: "visual", Shape: feature.Sequence, Version: 3, Default: true,
		Doc: "up to 16 evenly spaced frames [T, 514]: gradients on 6×6 cells × 12 directions, HSV histogram, L*a*b* moments, uniform LBP; roots of the mean absolute frame differences on 4×4 cells, and their center",
	}
}

// Extract implements feature.View.
func (Visual) Extract(v any) (feature.Raw, error) {
	it, err := open(v)
	if err != nil {
		return feature.Raw{}, err
	}
	frames := it.frames()
	r := feature.Raw{Dim: stepGrid.Len() + surfaceDim, Steps: len(frames)}
	for _, f := range frames {
		r.Values = append(append(r.Values, f.coarse...), f.surface...)
	}
	return r, nil
}

// Stills is the clip without time: over the frames of visual, the mean of the
// gradients by 18 directions on 8 × 8 cells, and mean and deviation of colors,
// texture and motion. The gradients' deviations told training subjects apart
// rather than classes, so they are left out.
type Stills struct{ denseView }

var _ feature.View = Stills{}

// Info implements feature.View.
func (Stills) Info() feature.Info {
	return feature.Info{
		Name: "stills", Shape: feature.Vector, Version: 3, Default: true,
		Doc: "over the frames: mean gradients on 8×8 cells × 18 directions, mean and deviation of colors, texture and motion",
	}
}

// Extract implements feature.View.
func (Stills) Extract(v any) (feature.Raw, error) {
	it, err := open(v)
	if err != nil {
		return feature.Raw{}, err
	}
	frames := it.frames()
	if len(frames) == 0 {
		return feature.Raw{}, nil
	}
	n := stillGrid.Len()
	out := make([]float32, n+2*surfaceDim)
	moments(out[:n], nil, frames, func(f *frame) []float32 { return f.fine })
	moments(out[n:][:surfaceDim], out[n+surfaceDim:], frames, func(f *frame) []float32 { return f.surface })
	return feature.Raw{Dim: len(out), Values: out}, nil
}

// moments sets mean and, unless it is nil, dev to the mean and the deviation of part over the
// frames.
func moments(mean, dev []float32, frames []frame, part func(*frame) []float32) {
	n := float64(len(frames))
	for k := range mean {
		var sum, squares float64
		for i := range frames {
			x := float64(part(&frames[i])[k])
			sum += x
			squares += x * x
		}
		m := sum / n
		mean[k] = float32(m)
		if dev != nil {
			dev[k] = float32(math.Sqrt(math.Max(0, squares/n-m*m)))
		}
	}
}
