package pretrained

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/fusor-ml/fusor/encoder"
)

// Choice is the folder of a pretrained network, and what the folder leaves open. In JSON it is an
// object, or the folder's name alone.
type Choice struct {
	Dir string `json:"dir"`
	Options
}

// Options are the part of [encoder.Options] that vectors depend on.
type Options struct {
	Pooling   string `json:"pooling,omitempty"`
	Prompt    string `json:"prompt,omitempty"`
	MaxTokens int    `json:"max_tokens,omitempty"`
}

// encoder returns the options with which a network is opened. One thread: cells are extracted side
// by side.
func (o Options) encoder() encoder.Options {
	return encoder.Options{Pooling: o.Pooling, Prompt: o.Prompt, MaxTokens: o.MaxTokens, Threads: 1}
}

// UnmarshalJSON implements json.Unmarshaler.
func (c *Choice) UnmarshalJSON(data []byte) error {
	if err := json.Unmarshal(data, &c.Dir); err == nil {
		return c.check()
	}
	type plain Choice
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode((*plain)(c)); err != nil {
		return fmt.Errorf("cannot read a pretrained encoder: %w", err)
	}
	return c.check()
}

func (c *Choice) check() error {
	switch {
	case c.Dir == "":
		return fmt.Errorf("cannot read a pretrained encoder: it names no folder (dir)")
	case c.MaxTokens < 0:
		return fmt.Errorf("cannot read a pretrained encoder: max_tokens is %d", c.MaxTokens)
	}
	return nil
}

// In returns the choice with its folder taken relative to dir, if it is there.
func (c Choice) In(dir string) Choice {
	if !filepath.IsAbs(c.Dir) {
		if own := filepath.Join(dir, c.Dir); isFolder(own) {
			c.Dir = own
		}
	}
	return c
}

// locate returns the folder, which may be one of a name in folders.
func (c Choice) locate(folders []string) string {
	if isFolder(c.Dir) || filepath.IsAbs(c.Dir) {
		return c.Dir
	}
	for _, f := range folders {
		if dir := filepath.Join(f, c.Dir); isFolder(dir) {
			return dir
		}
	}
	return c.Dir
}

func isFolder(dir string) bool {
	info, err := os.Stat(dir)
	return err == nil && info.IsDir()
}
