package main

import (
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/fusor-ml/fusor/feature/pretrained"
	"github.com/fusor-ml/fusor/train"
)

// pretrained sets the encoders that flags name, over those of a configuration file.
func (f *recipeFlags) pretrained(r *train.Recipe) error {
	// The configuration's own map may be used again.
	choices := maps.Clone(r.Pretrained)
	if choices == nil {
		choices = map[string]pretrained.Choice{}
	}
	seen := map[string]bool{}
	for _, flag := range f.Encoder {
		column, dir, ok := strings.Cut(flag, "=")
		if !ok || column == "" || dir == "" {
			return usagef("--encoder %s: write COL=DIR, for a column or for a kind of column: text, image, audio, video", flag)
		}
		if seen[column] {
			return usagef("--encoder names an encoder for %s twice", column)
		}
		seen[column] = true
		choices[column] = pretrained.Choice{Dir: dir}
	}
	for _, o := range []struct {
		flag   string
		values []string
		set    func(c *pretrained.Choice, value string)
	}{
		{"--pooling", f.Pooling, func(c *pretrained.Choice, v string) { c.Pooling = v }},
		{"--prompt", f.Prompt, func(c *pretrained.Choice, v string) { c.Prompt = v }},
	} {
		// Only for encoders that are named, by the same name: a typing error must not go unnoticed.
		for _, flag := range o.values {
			column, value, ok := strings.Cut(flag, "=")
			c, known := choices[column]
			switch {
			case !ok:
				return usagef("%s %s: write COL=VALUE, with a name that --encoder has", o.flag, flag)
			case !known:
				return usagef("%s %s: there is no --encoder %s=DIR", o.flag, flag, column)
			}
			o.set(&c, value)
			choices[column] = c
		}
	}
	if len(choices) > 0 {
		r.Pretrained = choices
	}
	return nil
}

// encoderFlags name the folders of encoders for a trained model, which knows their columns itself.
type encoderFlags struct {
	Encoder []string `help:"Folder of a pretrained encoder that the model was trained with, or of several (default: those of FUSOR_ENCODERS, and the model's own). Repeatable." sep:"none" placeholder:"DIR"`
}

func (f *encoderFlags) folders() []string { return encoderFolders(f.Encoder) }

// encoderFolders returns the folders of flags; COL=DIR is taken as well, as train takes it.
func encoderFolders(flags []string) []string {
	dirs := slices.Clone(flags)
	for i, d := range dirs {
		if _, dir, ok := strings.Cut(d, "="); ok && !exists(d) {
			dirs[i] = dir
		}
	}
	return dirs
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
