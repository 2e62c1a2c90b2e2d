package network

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
)

// config is an object of config.json. A method that finds a wrong value keeps the first error in
// err and returns the default. null is the same as a missing key, as in transformers.
type config struct {
	at     string // path of the object in the file, such as text_config
	values map[string]json.RawMessage
	err    error
}

// maxSize bounds every size in config.json, so that no product of two of them overflows.
const maxSize = 1 << 24

func parseConfig(data []byte) (*config, error) {
	c := &config{}
	if err := json.Unmarshal(data, &c.values); err != nil {
		return nil, err
	}
	if c.values == nil {
		return nil, errors.New("it is no JSON object")
	}
	return c, nil
}

// fail keeps the first error.
func (c *config) fail(format string, args ...any) {
	if c.err == nil {
		c.err = fmt.Errorf(format, args...)
	}
}

// has reports whether key has a value.
func (c *config) has(key string) bool {
	v, ok := c.values[key]
	return ok && string(v) != "null"
}

// get decodes the value of key into to and reports whether there is one.
func (c *config) get(key string, to any) bool {
	if !c.has(key) {
		return false
	}
	if err := json.Unmarshal(c.values[key], to); err != nil {
		c.fail("%s%s is %.60s: %w", c.at, key, c.values[key], err)
		return false
	}
	return true
}

// size returns a whole number from 1 to most. Without a default (0) the key must be there.
func (c *config) size(key string, def, most int) int {
	v := def
	if !c.get(key, &v) && def == 0 {
		c.fail("%s%s is missing", c.at, key)
		return 1
	}
	if v < 1 || v > min(most, maxSize) {
		c.fail("%s%s is %d; 1 to %d is possible", c.at, key, v, min(most, maxSize))
		return 1
	}
	return v
}

// id returns a token id, or def.
func (c *config) id(key string, def int) int {
	v := def
	c.get(key, &v)
	return v
}

// sizes returns a list of whole numbers from 1 to most.
func (c *config) sizes(key string, def []int, count, most int) []int {
	v := def
	c.get(key, &v)
	if len(v) == 0 || len(v) > count {
		c.fail("%s%s has %d entries; 1 to %d are possible", c.at, key, len(v), count)
		return []int{1}
	}
	for _, n := range v {
		if n < 1 || n > most {
			c.fail("%s%s has an entry %d; 1 to %d is possible", c.at, key, n, most)
			return []int{1}
		}
	}
	return v
}

// pair returns a size that is written as one number or as two, height and width.
func (c *config) pair(key string, def, most int) (h, w int) {
	var one int
	var two []int
	switch {
	case !c.has(key):
		one = def
	case json.Unmarshal(c.values[key], &one) == nil:
	case json.Unmarshal(c.values[key], &two) == nil && len(two) == 2:
	default:
		c.fail("%s%s is %.60s; one or two whole numbers are possible", c.at, key, c.values[key])
	}
	if two == nil {
		two = []int{one, one}
	}
	if min(two[0], two[1]) < 1 || max(two[0], two[1]) > most {
		c.fail("%s%s is %v; 1 to %d is possible", c.at, key, two, most)
		return 1, 1
	}
	return two[0], two[1]
}

// number returns a finite number that is not negative.
func (c *config) number(key string, def float64) float64 {
	v := def
	c.get(key, &v)
	if v < 0 || math.IsInf(v, 0) || math.IsNaN(v) {
		c.fail("%s%s is %g", c.at, key, v)
		return def
	}
	return v
}

// epsilon returns what a normalization adds to the variance.
func (c *config) epsilon(key string, def float64) float64 {
	v := c.number(key, def)
	if v > 1 {
		c.fail("%s%s is %g", c.at, key, v)
	}
	return v
}

func (c *config) text(key, def string) string {
	v := def
	c.get(key, &v)
	return v
}

func (c *config) flag(key string, def bool) bool {
	v := def
	c.get(key, &v)
	return v
}

// activation returns the function that key names.
func (c *config) activation(key, def string) activation {
	name := c.text(key, def)
	f, ok := activations[name]
	if !ok {
		c.fail("%s%s is %.60q, an activation that is not known", c.at, key, name)
	}
	return f
}

// only makes a value other than those listed an error: it would mean another computation.
func (c *config) only(key string, values ...string) {
	if !c.has(key) {
		return
	}
	have := string(c.values[key])
	for _, v := range values {
		if have == v {
			return
		}
	}
	c.fail("%s%s is %.80s: a computation that is not known", c.at, key, strings.TrimSpace(have))
}

// empty makes a value other than null, false and an empty list or object an error.
func (c *config) empty(keys ...string) {
	for _, key := range keys {
		if !c.has(key) {
			continue
		}
		switch compact := strings.Join(strings.Fields(string(c.values[key])), ""); compact {
		case "false", "[]", "{}", `""`, "0":
		default:
			c.fail("%s%s is %.80s: a computation that is not known", c.at, key, compact)
		}
	}
}

// common refuses what changes the computation of any architecture: code of the model's own, weights
// that are quantized or fewer, adapters.
func (c *config) common() {
	var own map[string]json.RawMessage
	if c.get("auto_map", &own) && own["AutoModel"] != nil {
		c.fail("auto_map names code of the model's own (%.80s), which is not run", own["AutoModel"])
	}
	c.empty("quantization_config", "compression_config", "pruned_heads", "is_decoder", "add_cross_attention", "cross_attention_hidden_size", "sparsity_config")
}

// heads returns the number of attention heads, which must divide dim.
func (c *config) heads(key string, def, dim int) int {
	n := c.size(key, def, 1024)
	if dim%n != 0 {
		c.fail("%s%s is %d, which does not divide a width of %d", c.at, key, n, dim)
		return 1
	}
	return n
}

// part returns the object under key. As in transformers, values of legacy, a key of older files,
// win.
func (c *config) part(key, legacy string) *config {
	p := &config{at: c.at + key + ".", values: map[string]json.RawMessage{}}
	c.get(key, &p.values)
	var more map[string]json.RawMessage
	if c.get(legacy, &more) {
		for k, v := range more {
			p.values[k] = v
		}
	}
	if p.values == nil {
		p.values = map[string]json.RawMessage{}
	}
	p.err = c.err
	p.common()
	return p
}
