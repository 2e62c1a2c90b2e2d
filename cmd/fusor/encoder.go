package main

import (
	"context"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/fusor-ml/fusor/encoder"
	"github.com/fusor-ml/fusor/encoder/network"
	"github.com/fusor-ml/fusor/internal/termtext"
	"github.com/fusor-ml/fusor/report"
)

type encoderCmd struct {
	resultFlags
	Dir       string `arg:"" help:"Folder of the model: Hugging Face, sentence-transformers or ONNX."`
	Pooling   string `help:"How the vector of a text is made: cls, mean, max, lasttoken, …, several joined by + (default: that of the folder)." placeholder:"MODE"`
	MaxTokens uint   `help:"Cut texts to fewer tokens than the model takes." placeholder:"N"`
	Prompt    string `help:"Text before every text, or the name of a prompt of the folder." placeholder:"TEXT"`
	Threads   uint   `help:"Cores to use (default: all)." placeholder:"N"`
	NoSpeed   bool   `help:"Do not measure the speed."`
}

// Help is the command's longer help.
func (c *encoderCmd) Help() string {
	return `The folder must hold config.json with model.safetensors (also sharded) and the tokenizer or preprocessor, or model.onnx with them. Nothing is downloaded; no code of the model is run.

Examples:
  fusor encoder models/all-MiniLM-L6-v2
  fusor encoder models/bge-small-zh --pooling cls --json -`
}

// encoderInfo is what the command prints.
type encoderInfo struct {
	encoder.Info
	Speed []encoderSpeed `json:"speed,omitempty"`
}

// encoderSpeed is how fast one kind of input was encoded on this machine.
type encoderSpeed struct {
	Input     string  `json:"input"`
	PerSecond float64 `json:"per_second"`
	Threads   int     `json:"threads"`
}

// Run describes the encoder.
func (c *encoderCmd) Run(e *env) error {
	if err := checkOutputs(nil, c.JSON); err != nil {
		return err
	}
	threads := int(c.Threads)
	if threads == 0 {
		threads = runtime.GOMAXPROCS(0)
	}
	enc, err := encoder.Open(c.Dir, encoder.Options{Pooling: c.Pooling, MaxTokens: int(c.MaxTokens), Prompt: c.Prompt, Threads: threads})
	if err != nil {
		return err
	}
	info := encoderInfo{Info: enc.Info()}
	if !c.NoSpeed {
		if info.Speed, err = encoderSpeeds(e.ctx, enc, threads); err != nil {
			return err
		}
	}
	if !c.jsonToStdout() {
		if _, err := fmt.Fprint(e.stdout, info.text(e)); err != nil {
			return err
		}
		if !c.Quiet {
			e.suggest(c.next(&info)...)
		}
	}
	return c.writeJSON(e, info)
}

// next are the commands that follow from the description: each kind of column that it reads.
func (c *encoderCmd) next(i *encoderInfo) []report.Step {
	var flags []string
	for _, kind := range []struct {
		reads bool
		name  string
	}{{i.Text != nil, "text"}, {i.Image != nil, "image"}, {i.Sound != nil, "audio"}} {
		if kind.reads {
			flags = append(flags, "--encoder", kind.name+"="+c.Dir)
		}
	}
	return []report.Step{
		step("see whether its vectors do better than the views there are", slices.Concat([]string{"compare", "YOUR.csv", "-o", "result"}, flags)...),
		step("keep its vectors as arrays", slices.Concat([]string{"extract", "YOUR.csv", "-o", "vectors", "--views", "*.encoder"}, flags)...),
	}
}

// text lays the description out in lines.
func (i *encoderInfo) text(e *env) string {
	var b strings.Builder
	line := func(name, format string, args ...any) {
		fmt.Fprintf(&b, "%s %s\n", termtext.Pad(e.lang.Text(name), 13), termtext.Printable(e.say(format, args...)))
	}
	line("architecture", "%s", i.Architecture)
	if t := i.Text; t != nil {
		line("text", "%d values; at most %d tokens; vocabulary of %d; pooling: %s", t.Dim, t.MaxTokens, t.Vocabulary, t.Pooling)
		if t.Tokenizer != "" {
			line("tokenizer", "%s", t.Tokenizer)
		}
		if t.Prompt != "" {
			line("prompt", "%q", t.Prompt)
		}
		for _, name := range slices.Sorted(maps.Keys(t.Prompts)) {
			line("prompt", "%s = %q (--prompt %s)", name, t.Prompts[name], name)
		}
	}
	if m := i.Image; m != nil {
		size := "pictures of any size"
		if m.Width > 0 {
			size = fmt.Sprintf("pictures of %d × %d", m.Width, m.Height)
		}
		line("image", "%d values; %s; pooling: %s", m.Dim, size, m.Pooling)
	}
	if s := i.Sound; s != nil {
		line("sound", "%d values; %d Hz; at most %g s; pooling: %s", s.Dim, s.Rate, s.Seconds, s.Pooling)
	}
	for _, note := range i.Notes {
		line("note", "%s", e.lang.Text(note))
	}
	for _, s := range i.Speed {
		line("speed", "%.3g %s a second with %s", s.PerSecond, s.Input, plural(s.Threads, "thread"))
	}
	for _, f := range i.Files {
		line("file", "%s  %d bytes  sha256 %.16s…", f.Name, f.Size, f.SHA256)
	}
	line("sha256", "%s", i.SHA256)
	license, _, more := strings.Cut(strings.TrimSpace(i.License), "\n")
	switch {
	case license == "":
		line("license", "none in the folder: see where the model comes from")
	case more:
		line("license", "%s … (LICENSE in the folder)", strings.TrimSpace(license))
	default:
		line("license", "%s", license)
	}
	return b.String()
}

// encoderSpeeds measures each kind of input for about a second.
func encoderSpeeds(ctx context.Context, enc *encoder.Encoder, threads int) ([]encoderSpeed, error) {
	var all []encoderSpeed
	measure := func(input string, count float64, run func() error) error {
		if err := run(); err != nil { // memory is taken and caches are filled
			return err
		}
		start, n := time.Now(), 0.0
		for time.Since(start) < time.Second {
			if err := run(); err != nil {
				return err
			}
			n += count
		}
		all = append(all, encoderSpeed{input, n / time.Since(start).Seconds(), threads})
		return nil
	}
	info, net := enc.Info(), enc.Network()
	if t := info.Text; t != nil {
		length, batch := min(128, t.MaxTokens), 4*threads
		texts := make([]network.Input, batch)
		for i := range texts {
			texts[i].Tokens = make([]int32, max(length, net.Text.Info().PadTo))
		}
		err := measure(fmt.Sprintf("texts of %d tokens", length), float64(batch), func() error {
			_, err := enc.EncodeTokens(ctx, nil, texts)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	if m := info.Image; m != nil {
		h, w := m.Height, m.Width
		// A network without a size of its own: the usual one of its kind.
		if h == 0 {
			h, w = 224, 224
		}
		pictures := make([]*encoder.Picture, threads)
		for i := range pictures {
			pictures[i] = encoder.NewPicture(w, h)
		}
		if err := measure("pictures", float64(threads), func() error {
			_, err := enc.EncodeImages(ctx, nil, pictures)
			return err
		}); err != nil {
			return nil, err
		}
	}
	if s := info.Sound; s != nil {
		seconds := min(s.Seconds, 10)
		sounds := make([][]float32, threads)
		for i := range sounds {
			sounds[i] = make([]float32, int(seconds*float64(s.Rate)))
		}
		if err := measure("seconds of sound", seconds*float64(threads), func() error {
			_, err := enc.EncodeSounds(ctx, nil, sounds)
			return err
		}); err != nil {
			return nil, err
		}
	}
	return all, nil
}
