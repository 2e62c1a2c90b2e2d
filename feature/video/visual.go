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

const (
	motionDim = motionGrid*motionGrid + 2
	stepDim   = image.FrameDim + motionDim
)

// describe computes the frames' features and their motion, once for both views.
func (it *item) describe() {
	if it.frames != nil {
		return
	}
	var before *vision.Image
	for _, m := range it.pictures() {
		it.frames = append(it.frames, image.AppendFrame(nil, m))
		it.motion = append(it.motion, motion(before, m))
		before = m
	}
}

// motion is, per cell of a 4 × 4 grid, the mean absolute difference of the luma
// against the frame before (0 to 1), and of the whole frame the horizontal and
// vertical shift of the changed area's centre against the frame's (−1 to 1).
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

// Visual is the clip in time: the frame features of image.AppendFrame and the
// motion against the frame before, a step for each of up to Steps frames.
type Visual struct{ denseView }

var _ feature.View = Visual{}

// Info implements feature.View.
func (Visual) Info() feature.Info {
	return feature.Info{
		Name: "visual", Shape: feature.Sequence, Version: 1, Default: true,
		Doc: "up to 16 evenly spaced frames [T, 210]: gradients, HSV histogram, L*a*b* moments, uniform LBP; motion: frame differences on 4 × 4 cells",
	}
}

// Extract implements feature.View.
func (Visual) Extract(v any) (feature.Raw, error) {
	it, err := open(v)
	if err != nil {
		return feature.Raw{}, err
	}
	it.describe()
	r := feature.Raw{Dim: stepDim, Steps: len(it.frames)}
	for i := range it.frames {
		r.Values = append(append(r.Values, it.frames[i]...), it.motion[i]...)
	}
	return r, nil
}

// Stills is the clip without time: mean and deviation of the frames' features and motion.
type Stills struct{ denseView }

var _ feature.View = Stills{}

// Info implements feature.View.
func (Stills) Info() feature.Info {
	return feature.Info{
		Name: "stills", Shape: feature.Vector, Version: 1, Default: true,
		Doc: "mean and deviation over the frames of what visual holds",
	}
}

// Extract implements feature.View.
func (Stills) Extract(v any) (feature.Raw, error) {
	it, err := open(v)
	if err != nil {
		return feature.Raw{}, err
	}
	it.describe()
	n := float64(len(it.frames))
	if n == 0 {
		return feature.Raw{}, nil
	}
	r := feature.Raw{Dim: 2 * stepDim, Values: make([]float32, 2*stepDim)}
	for k := range stepDim {
		var sum, squares float64
		for i := range it.frames {
			x := 0.0
			if k < image.FrameDim {
				x = float64(it.frames[i][k])
			} else {
				x = float64(it.motion[i][k-image.FrameDim])
			}
			sum += x
			squares += x * x
		}
		mean := sum / n
		r.Values[k] = float32(mean)
		r.Values[stepDim+k] = float32(math.Sqrt(math.Max(0, squares/n-mean*mean)))
	}
	return r, nil
}
