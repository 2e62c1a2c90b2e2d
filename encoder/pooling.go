package encoder

import (
	"encoding/json"
	"fmt"
	"math"
	"path"
	"slices"
	"strings"
)

// pooling makes one vector of the hidden rows of a text: the concatenation of its modes.
type pooling struct {
	modes []string
	width int // of a hidden row, 0: any

	skipPrompt bool // the tokens of a prompt are left out
}

// The modes, in the order in which sentence-transformers concatenates them.
var poolingModes = []string{"cls", "max", "mean", "mean_sqrt_len_tokens", "weightedmean", "lasttoken"}

// newPooling returns the pooling of names joined by +, such as cls or mean+max.
func newPooling(names string) (*pooling, error) {
	p := &pooling{}
	for name := range strings.SplitSeq(names, "+") {
		switch name = strings.TrimSpace(name); name {
		case "sqrt", "mean_sqrt_len":
			name = "mean_sqrt_len_tokens"
		case "last":
			name = "lasttoken"
		}
		if !slices.Contains(poolingModes, name) {
			return nil, fmt.Errorf("the pooling mode %.60q is not known; known are %s", name, strings.Join(poolingModes, ", "))
		}
		p.modes = append(p.modes, name)
	}
	p.sort()
	return p, nil
}

func (p *pooling) sort() {
	slices.SortFunc(p.modes, func(a, b string) int { return slices.Index(poolingModes, a) - slices.Index(poolingModes, b) })
	p.modes = slices.Compact(p.modes)
}

func readPooling(f *folder, dir string) (*pooling, error) {
	name := path.Join(dir, "config.json")
	var c struct {
		Width int `json:"word_embedding_dimension"`
		// Later versions of sentence-transformers renamed the keys; both are in use.
		NewWidth int             `json:"embedding_dimension"`
		Mode     json.RawMessage `json:"pooling_mode"`
		CLS      bool            `json:"pooling_mode_cls_token"`
		Max      bool            `json:"pooling_mode_max_tokens"`
		Mean     bool            `json:"pooling_mode_mean_tokens"`
		Sqrt     bool            `json:"pooling_mode_mean_sqrt_len_tokens"`
		Weighted bool            `json:"pooling_mode_weightedmean_tokens"`
		Last     bool            `json:"pooling_mode_lasttoken"`
		Prompt   *bool           `json:"include_prompt"`
	}
	ok, err := f.decode(name, &c)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, fmt.Errorf("cannot find %s, which modules.json names", name)
	}
	// A mode that is not known would be left out in silence, and the vector be another one.
	if err := unknownModes(f, name); err != nil {
		return nil, err
	}
	p := &pooling{width: max(c.Width, c.NewWidth), skipPrompt: c.Prompt != nil && !*c.Prompt}
	if len(c.Mode) > 0 && string(c.Mode) != "null" {
		var names []string
		var one string
		if json.Unmarshal(c.Mode, &one) == nil {
			names = []string{one}
		} else if err := json.Unmarshal(c.Mode, &names); err != nil {
			return nil, fmt.Errorf("cannot use %s: pooling_mode: %w", name, err)
		}
		named, err := newPooling(strings.Join(names, "+"))
		if err != nil {
			return nil, fmt.Errorf("cannot use %s: %w", name, err)
		}
		p.modes = named.modes
	} else {
		// Several modes are concatenated in this order, which is that of the reference.
		for i, on := range []bool{c.CLS, c.Max, c.Mean, c.Sqrt, c.Weighted, c.Last} {
			if on {
				p.modes = append(p.modes, poolingModes[i])
			}
		}
	}
	if len(p.modes) == 0 {
		return nil, fmt.Errorf("cannot use %s: no pooling mode is set", name)
	}
	return p, nil
}

// unknownModes returns an error for a mode that is set and not known.
func unknownModes(f *folder, name string) error {
	var all map[string]any
	if _, err := f.decode(name, &all); err != nil {
		return err
	}
	for key, v := range all {
		mode, ok := strings.CutPrefix(key, "pooling_mode_")
		mode = strings.TrimSuffix(strings.TrimSuffix(mode, "_token"), "_tokens")
		if ok && v != false && v != nil && !slices.Contains([]string{"cls", "max", "mean", "mean_sqrt_len", "weightedmean", "lasttoken"}, mode) {
			return fmt.Errorf("cannot use %s: %s is set, a mode that is not known", name, key)
		}
	}
	return nil
}

// String lists the modes.
func (p *pooling) String() string { return strings.Join(p.modes, "+") }

// apply appends the pooled vector of rows of dim values to dst.
func (p *pooling) apply(dst, hidden []float32, dim int) []float32 {
	rows := len(hidden) / dim
	for _, mode := range p.modes {
		at := len(dst)
		dst = append(dst, hidden[:dim]...)
		y := dst[at:]
		switch mode {
		case "cls":
		case "lasttoken":
			copy(y, hidden[(rows-1)*dim:])
		case "max":
			for r := 1; r < rows; r++ {
				for i, v := range hidden[r*dim : (r+1)*dim] {
					y[i] = max(y[i], v)
				}
			}
		default:
			p.mean(y, hidden, mode)
		}
	}
	return dst
}

// mean sets y to a mean of rows: of all alike, by their place (the first counts once, the second
// twice, and so on), or divided by the root of their number.
func (p *pooling) mean(y, hidden []float32, mode string) {
	dim := len(y)
	rows := len(hidden) / dim
	for i := range y {
		sum, weight := 0.0, 0.0
		for r := range rows {
			w := 1.0
			if mode == "weightedmean" {
				w = float64(r + 1)
			}
			sum += w * float64(hidden[r*dim+i])
			weight += w
		}
		if mode == "mean_sqrt_len_tokens" {
			weight = math.Sqrt(weight)
		}
		y[i] = float32(sum / weight)
	}
}
