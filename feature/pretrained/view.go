package pretrained

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"

	"github.com/fusor-ml/fusor/encoder"
	"github.com/fusor-ml/fusor/encoder/network"
	"github.com/fusor-ml/fusor/feature"
	"github.com/fusor-ml/fusor/internal/vision"
	"github.com/fusor-ml/fusor/media"
)

// Version is raised when what is made of several windows, pictures or frames changes; what changes
// a network's own vectors raises [encoder.Version].
const Version = 1

// maxWindows bounds the windows of one text; of a longer text, so many evenly spaced ones are
// taken.
const maxWindows = 16

// input is what of a cell goes into a network.
type input string

const (
	texts    input = "text"
	pictures input = "pictures"
	sounds   input = "sound"
)

// inputOf returns what of a column of a kind e takes: of a video its frames if it takes pictures,
// else its sound track.
func inputOf(kind media.Kind, e *encoder.Encoder) (input, error) {
	info := e.Info()
	switch {
	case kind == media.Text && info.Text != nil:
		_, err := e.Windows("")
		return texts, err
	case (kind == media.Image || kind == media.Video) && info.Image != nil:
		_, err := e.EncodeImages(context.Background(), nil, nil)
		return pictures, err
	case (kind == media.Audio || kind == media.Video) && info.Sound != nil:
		return sounds, nil
	case kind != media.Text && !kind.IsFile():
		return "", fmt.Errorf("encoders are for text, image, audio and video, not for %s", kind)
	}
	var takes []string
	if info.Text != nil {
		takes = append(takes, "texts")
	}
	if info.Image != nil {
		takes = append(takes, "pictures")
	}
	if info.Sound != nil {
		takes = append(takes, "sounds")
	}
	return "", fmt.Errorf("%s takes %s, and the column is one of %s", info.Architecture, strings.Join(takes, " and "), kind)
}

// View is the view encoder of a column.
type View struct {
	*Encoder
	in input
}

func newView(e *Encoder, in input) feature.View {
	if in == texts {
		return &textView{View{e, in}}
	}
	return &View{e, in}
}

// Network returns the encoder of a view that is one of this package's, else nil.
func Network(v feature.View) *Encoder {
	switch v := v.(type) {
	case *View:
		return v.Encoder
	case *textView:
		return v.Encoder
	}
	return nil
}

// Info implements feature.View. What vectors depend on is among the options, and so in the cache's
// key.
func (v *View) Info() feature.Info {
	id := &v.Identity
	options := fmt.Sprintf("sha256=%s preprocessing=%d pooling=%q", id.SHA256, id.Preprocessing, id.Pooling)
	doc := map[input]string{
		texts:    fmt.Sprintf("the text by %s; of a longer one the mean over windows, at most %d evenly spaced ones", id, maxWindows),
		pictures: fmt.Sprintf("the picture by %s; of several pictures or frames the mean", id),
		sounds:   fmt.Sprintf("the sound by %s; of a longer one the mean over windows of equal length", id),
	}[v.in]
	if info := v.Encoder.Info(); v.in == texts {
		options += fmt.Sprintf(" tokens=%d windows=%d prompt=%q", info.Text.MaxTokens, maxWindows, info.Text.Prompt)
	}
	return feature.Info{
		Name: "encoder", Shape: feature.Vector, Version: Version, Options: options, Doc: doc, Default: true, Pretrained: true,
	}
}

// NewFitter implements feature.View.
func (v *View) NewFitter(s feature.Scaling) feature.Fitter { return feature.NewDense(s) }

// LoadState implements feature.View.
func (v *View) LoadState(data json.RawMessage) (feature.State, error) { return feature.LoadDense(data) }

// Extract implements feature.View.
func (v *View) Extract(item any) (feature.Raw, error) {
	var sum mean
	var x []float32
	switch v.in {
	case pictures:
		it, ok := item.(interface {
			Pictures(f func(*vision.Image) error) error
		})
		if !ok {
			return feature.Raw{}, fmt.Errorf("cannot encode the pictures of a %T", item)
		}
		err := it.Pictures(func(m *vision.Image) (err error) {
			if x, err = v.EncodeImages(context.Background(), x, []*encoder.Picture{m}); err == nil {
				err = sum.add(x)
			}
			return err
		})
		if err != nil {
			return feature.Raw{}, err
		}
	case sounds:
		it, ok := item.(interface{ Samples(rate int) []float32 })
		if !ok {
			return feature.Raw{}, fmt.Errorf("cannot encode the sound of a %T", item)
		}
		info := v.Encoder.Info().Sound
		for _, window := range windows(it.Samples(info.Rate), int(info.Seconds*float64(info.Rate))) {
			var err error
			if x, err = v.EncodeSounds(context.Background(), x, [][]float32{window}); err == nil {
				err = sum.add(x)
			}
			if err != nil {
				return feature.Raw{}, err
			}
		}
	}
	return sum.raw(), nil
}

// windows cuts a sound into as few windows of at most so many samples as hold all of it, of nearly
// equal length.
func windows(x []float32, most int) [][]float32 {
	if len(x) == 0 {
		return nil
	}
	n := 1
	if most > 0 {
		n = (len(x) + most - 1) / most
	}
	out := make([][]float32, n)
	for i := range out {
		out[i] = x[i*len(x)/n : (i+1)*len(x)/n]
	}
	return out
}

// textView is the view of texts, several of which are encoded in less time together.
type textView struct{ View }

var _ feature.Batched = (*textView)(nil)

// Extract implements feature.View.
func (v *textView) Extract(item any) (feature.Raw, error) {
	in, _, err := v.Input(item)
	if err != nil {
		return feature.Raw{}, err
	}
	out, err := v.ExtractAll(context.Background(), []any{in})
	if err != nil {
		return feature.Raw{}, err
	}
	return out[0], nil
}

// Input implements feature.Batched: the tokens of the text's windows.
func (v *textView) Input(item any) (in any, size int, err error) {
	it, ok := item.(interface{ Text() string })
	if !ok {
		return nil, 0, fmt.Errorf("cannot encode the text of a %T", item)
	}
	if strings.TrimSpace(it.Text()) == "" {
		return []network.Input(nil), 0, nil
	}
	all, err := v.Windows(it.Text())
	if err != nil {
		return nil, 0, err
	}
	if n := len(all); n > maxWindows {
		for i := range maxWindows {
			all[i] = all[(2*i+1)*n/(2*maxWindows)]
		}
		all = all[:maxWindows:maxWindows]
	}
	for _, w := range all {
		size += len(w.Tokens)
	}
	return all, size, nil
}

// ExtractAll implements feature.Batched.
func (v *textView) ExtractAll(ctx context.Context, inputs []any) ([]feature.Raw, error) {
	var all []network.Input
	for _, in := range inputs {
		all = append(all, in.([]network.Input)...)
	}
	x, err := v.EncodeTokens(ctx, nil, all)
	if err != nil {
		return nil, err
	}
	out := make([]feature.Raw, len(inputs))
	for i, in := range inputs {
		var sum mean
		for range in.([]network.Input) {
			if err := sum.add(x[:v.Dim]); err != nil {
				return nil, err
			}
			x = x[v.Dim:]
		}
		out[i] = sum.raw()
	}
	return out, nil
}

// mean is the mean of the vectors of one cell. Of one vector it is that vector, bit for bit.
type mean struct {
	n   int
	sum []float64
}

var errNotFinite = errors.New("the encoder's vector is not finite")

func (m *mean) add(x []float32) error {
	if m.n++; m.sum == nil {
		m.sum = make([]float64, len(x))
	}
	for i, v := range x {
		if v := float64(v); math.IsNaN(v) || math.IsInf(v, 0) {
			return errNotFinite
		}
		m.sum[i] += float64(v)
	}
	return nil
}

func (m *mean) raw() feature.Raw {
	r := feature.Raw{Dim: len(m.sum), Values: make([]float32, len(m.sum))}
	for i, v := range m.sum {
		r.Values[i] = float32(v / float64(m.n))
	}
	return r
}
