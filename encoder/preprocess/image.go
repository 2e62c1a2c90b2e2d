package preprocess

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"

	"github.com/fusor-ml/fusor/internal/vision"
)

// Limits of a picture's configuration and of what it asks for.
const (
	maxEdge   = 1 << 13
	maxPixels = 1 << 26 // of a picture that is resized by its shortest edge and not cropped
)

// Image is how an encoder wants its pictures. It is safe for concurrent use.
type Image struct {
	Processor string // the name of the processor, such as CLIPImageProcessor

	resize, warp  bool // warp: to exactly height × width; else the shortest edge gets edge pixels
	edge          int
	height, width int
	filter        Filter
	crop          bool
	cropH, cropW  int
	values        [3][256]float32 // what a byte becomes, by channel
}

// Size returns the size that every picture is brought to; ok is false where it depends on the
// picture.
func (p *Image) Size() (height, width int, ok bool) {
	switch {
	case p.crop:
		return p.cropH, p.cropW, true
	case p.resize && p.warp:
		return p.height, p.width, true
	}
	return 0, 0, false
}

// Values returns the encoder's input [3, height, width] for the colors of m.
func (p *Image) Values(m *vision.Image) (values []float32, height, width int, err error) {
	if m.Width < 1 || m.Height < 1 {
		return nil, 0, 0, errors.New("the picture is empty")
	}
	// The size that the whole picture would have; only the window in it is computed.
	outW, outH := p.resized(m.Width, m.Height)
	// The window of the resized picture that is kept, and what lies around it.
	w, height, width := window{0, outH, 0, outW}, outH, outW
	top, left := 0, 0
	if p.crop {
		height, width = p.cropH, p.cropW
		w.top, w.bottom, top = centered(outH, p.cropH)
		w.left, w.right, left = centered(outW, p.cropW)
		// As center_crop of transformers does: it pads both axes, then cuts.
		if outH < p.cropH || outW < p.cropW { // padding one axis moves the other as well
			w.top, w.bottom, top = padded(outH, p.cropH)
			w.left, w.right, left = padded(outW, p.cropW)
		}
	}
	// A configuration may claim any size.
	if int64(height)*int64(width) > maxPixels {
		return nil, 0, 0, fmt.Errorf("a picture of %d × %d would become one of %d × %d", m.Width, m.Height, width, height)
	}
	values = make([]float32, 3*height*width)
	cols, rows := w.right-w.left, w.bottom-w.top
	r := newResizer(m.Width, m.Height, outW, outH, p.filter, w)
	part := make([]uint8, rows*cols)
	for c, plane := range [][]uint8{m.R, m.G, m.B} {
		// Rescaling and normalization, of 256 values once.
		table, out := &p.values[c], values[c*height*width:][:height*width]
		if rows < height || cols < width {
			for i := range out {
				// Padding is black before normalization.
				out[i] = table[0]
			}
		}
		// The other planes of a gray picture are the same.
		if c == 0 || !m.IsGray() {
			r.plane(part, plane)
		}
		for y := range rows {
			row := out[(top+y)*width+left:][:cols]
			for x, v := range part[y*cols : (y+1)*cols] {
				row[x] = table[v]
			}
		}
	}
	return values, height, width, nil
}

// resized returns the size that a picture is resized to before it is cropped. The other edge is
// cut off to whole pixels, not rounded.
func (p *Image) resized(width, height int) (w, h int) {
	switch {
	case !p.resize:
		return width, height
	case p.warp:
		return p.width, p.height
	case width <= height:
		return p.edge, max(1, int(float64(p.edge*height)/float64(width)))
	}
	return max(1, int(float64(p.edge*width)/float64(height))), p.edge
}

// centered returns the middle size of n pixels.
func centered(n, size int) (from, to, at int) {
	from = (n - size) / 2
	return from, from + size, 0
}

// padded is centered in a picture that is padded up to size where it has fewer pixels, with one
// more before than behind; at is where its own pixels begin.
func padded(n, size int) (from, to, at int) {
	floor := func(a int) int { return (a - (a & 1)) / 2 }
	whole := max(n, size)
	pad := (whole - n + 1) / 2 // before
	begin := max(0, floor(n-size)+pad)
	end := min(whole, floor(n-size)+pad+size)
	from, to = max(begin, pad)-pad, min(end, pad+n)-pad
	return from, to, from + pad - begin
}

// size is the size in a configuration: an object, a number, or [height, width].
type size struct {
	Height, Width, Shortest, Longest int
	set                              bool
	number                           int
}

// UnmarshalJSON reads any of the three forms.
func (s *size) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		return nil
	}
	s.set = true
	var pair []int
	switch {
	case b[0] == '{':
		var c struct {
			Height   int `json:"height"`
			Width    int `json:"width"`
			Shortest int `json:"shortest_edge"`
			Longest  int `json:"longest_edge"`
		}
		err := json.Unmarshal(b, &c)
		s.Height, s.Width, s.Shortest, s.Longest = c.Height, c.Width, c.Shortest, c.Longest
		return err
	case b[0] == '[':
		if err := json.Unmarshal(b, &pair); err != nil {
			return err
		}
		if len(pair) != 2 {
			return fmt.Errorf("a size of %d numbers", len(pair))
		}
		s.Height, s.Width = pair[0], pair[1]
		return nil
	}
	return json.Unmarshal(b, &s.number)
}

// channels is one number or three.
type channels [3]float32

// UnmarshalJSON reads either form.
func (c *channels) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '[' {
		var l []float32
		if err := json.Unmarshal(b, &l); err != nil {
			return err
		}
		if len(l) != 3 {
			return fmt.Errorf("%d channels in place of 3", len(l))
		}
		*c = channels(l)
		return nil
	}
	var v float32
	err := json.Unmarshal(b, &v)
	*c = channels{v, v, v}
	return err
}

type imageConfig struct {
	Type       string    `json:"image_processor_type"`
	OldType    string    `json:"feature_extractor_type"`
	Resize     *bool     `json:"do_resize"`
	Size       size      `json:"size"`
	Filter     *Filter   `json:"resample"`
	Crop       *bool     `json:"do_center_crop"`
	CropSize   size      `json:"crop_size"`
	CropPct    *float64  `json:"crop_pct"`
	Rescale    *bool     `json:"do_rescale"`
	Factor     *float64  `json:"rescale_factor"`
	Offset     *bool     `json:"rescale_offset"`
	Normalize  *bool     `json:"do_normalize"`
	Mean       *channels `json:"image_mean"`
	Deviation  *channels `json:"image_std"`
	IncludeTop *bool     `json:"include_top"`
	Flip       bool      `json:"do_flip_channel_order"`
	Pad        bool      `json:"do_pad"`
	SquareSize bool      `json:"use_square_size"`
	ReduceTo   bool      `json:"do_thumbnail"`
	LongAxis   bool      `json:"do_align_long_axis"`
}

// OpenImage reads the picture preprocessing of a model's folder. modelType is the model_type of its
// config.json, which decides in files of 2021 that name no processor. It returns [ErrNoConfig]
// where the folder describes none.
func OpenImage(fsys fs.FS, modelType string) (*Image, error) {
	var c imageConfig
	file, err := readConfig(fsys, "image_processor", &c)
	if err != nil {
		return nil, err
	}
	p, err := newImage(c, modelType)
	if err != nil {
		return nil, fmt.Errorf("cannot use %s: %w", file, err)
	}
	return p, nil
}

func newImage(c imageConfig, modelType string) (*Image, error) {
	name, kind, err := findProcessor(c, modelType)
	if err != nil {
		return nil, err
	}
	switch {
	case c.Flip:
		return nil, errors.New("do_flip_channel_order is not supported")
	case c.Pad:
		return nil, errors.New("do_pad is not supported")
	case c.SquareSize || c.ReduceTo || c.LongAxis:
		return nil, errors.New("use_square_size, do_thumbnail and do_align_long_axis are not supported")
	}
	p := &Image{Processor: name, resize: or(c.Resize, true), filter: or(c.Filter, kind.filter), crop: or(c.Crop, kind.crop)}
	if p.filter < Nearest || p.filter > Hamming {
		return nil, fmt.Errorf("resample %d is not a filter", int(p.filter))
	}
	if p.resize {
		if err := p.setSize(c, kind); err != nil {
			return nil, err
		}
	}
	if p.crop && p.cropH == 0 { // ConvNeXt has set it
		s := c.CropSize
		if !s.set {
			s = kind.cropSize
		}
		if s.number != 0 {
			s.Height, s.Width = s.number, s.number
		}
		if !edges(s.Height, s.Width) {
			return nil, fmt.Errorf("crop_size %d × %d", s.Height, s.Width)
		}
		p.cropH, p.cropW = s.Height, s.Width
	}
	return p, p.setValues(c, kind)
}

// edges reports whether all are possible lengths of an edge.
func edges(n ...int) bool {
	for _, v := range n {
		if v < 1 || v > maxEdge {
			return false
		}
	}
	return true
}

func (p *Image) setSize(c imageConfig, kind processor) error {
	s := c.Size
	if !s.set {
		s = kind.size
	}
	if s.number != 0 {
		if kind.square {
			s.Height, s.Width = s.number, s.number
		} else {
			s.Shortest = s.number
		}
	}
	switch {
	case s.Longest != 0:
		return errors.New("longest_edge is not supported")
	case s.Shortest != 0:
		if !edges(s.Shortest) {
			return fmt.Errorf("shortest_edge %d", s.Shortest)
		}
		p.edge = s.Shortest
	default:
		if !edges(s.Height, s.Width) {
			return fmt.Errorf("a size of %d × %d", s.Height, s.Width)
		}
		p.warp, p.height, p.width = true, s.Height, s.Width
	}
	if kind.enlarge == nil {
		return nil
	}
	return kind.enlarge(p, c)
}

// setValues computes what each byte becomes, in the order of the processor's steps.
func (p *Image) setValues(c imageConfig, kind processor) error {
	mean, deviation := or(c.Mean, kind.mean), or(c.Deviation, kind.deviation)
	for ch := range p.values {
		if deviation[ch] == 0 {
			return errors.New("image_std is 0")
		}
		for b := range p.values[ch] {
			v := float32(b)
			if or(c.Rescale, true) {
				v = float32(float64(b) * or(c.Factor, 1.0/255))
				if or(c.Offset, false) {
					v--
				}
			}
			if or(c.Normalize, true) {
				v = (v - mean[ch]) / deviation[ch]
			}
			if or(c.IncludeTop, kind.includeTop) {
				v /= deviation[ch]
			}
			p.values[ch][b] = v
		}
	}
	return nil
}
