package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
)

// Ratio compares one case: the other's median over ours, so that 2 means that we are twice as fast.
type Ratio struct {
	Case     string  `json:"case"`
	OursMS   float64 `json:"ours_ms"`  // median over the rounds
	OtherMS  float64 `json:"other_ms"` // median over the rounds
	Ratio    float64 `json:"ratio"`    // median of the rounds' ratios
	RatioMin float64 `json:"ratio_min"`
	RatioMax float64 `json:"ratio_max"`
}

// Comparison is the result of rounds in which both programs ran in turn.
type Comparison struct {
	Ours   string  `json:"ours"`
	Other  string  `json:"other"`
	Rounds int     `json:"rounds"`
	Cases  []Ratio `json:"cases"`
	// First is our report of the first round.
	First *Report `json:"report"`
}

// Against runs the cases rounds times, each time followed by the other program. other is a file
// with a report, or a command that prints one on its standard output; a file is read once and
// compared with every round. Cases that the other does not have are left out.
func Against(ctx context.Context, o Options, other string, rounds int) (*Comparison, error) {
	if rounds < 1 {
		return nil, fmt.Errorf("cannot compare in %d rounds", rounds)
	}
	peer, err := source(other)
	if err != nil {
		return nil, err
	}
	var ours, others []*Report
	for range rounds {
		a, err := Run(ctx, o)
		if err != nil {
			return nil, err
		}
		b, err := peer(ctx)
		if err != nil {
			return nil, err
		}
		ours, others = append(ours, a), append(others, b)
	}
	names, err := Names(o.Cases)
	if err != nil {
		return nil, err
	}
	c := compare(names, ours, others)
	if len(c.Cases) == 0 {
		return nil, fmt.Errorf("%s has none of these cases", c.Other)
	}
	return c, nil
}

// compare makes the ratios of reports that belong together in pairs.
func compare(names []string, ours, others []*Report) *Comparison {
	c := &Comparison{Ours: ours[0].Peer, Other: others[0].Peer, Rounds: len(ours), First: ours[0]}
	for _, name := range names {
		var a, b, q []float64
		for i := range ours {
			x, y := ours[i].Cases[name].MedianMS, others[i].Cases[name].MedianMS
			if x > 0 && y > 0 {
				a, b, q = append(a, x), append(b, y), append(q, y/x)
			}
		}
		if len(q) > 0 {
			c.Cases = append(c.Cases, Ratio{Case: name, OursMS: median(a), OtherMS: median(b), Ratio: median(q), RatioMin: slices.Min(q), RatioMax: slices.Max(q)})
		}
	}
	return c
}

// source returns what yields the other's report.
func source(other string) (func(context.Context) (*Report, error), error) {
	if info, err := os.Stat(other); err == nil && info.Mode().IsRegular() {
		data, err := os.ReadFile(other)
		if err != nil {
			return nil, err
		}
		r, err := parse(data)
		if err != nil {
			return nil, fmt.Errorf("cannot read %s: %w", other, err)
		}
		return func(context.Context) (*Report, error) { return r, nil }, nil
	}
	words, err := split(other)
	if err != nil {
		return nil, err
	}
	if _, err := exec.LookPath(words[0]); err != nil {
		return nil, fmt.Errorf("%q is neither a file nor a command: %w", other, err)
	}
	return func(ctx context.Context) (*Report, error) {
		var failure bytes.Buffer
		cmd := exec.CommandContext(ctx, words[0], words[1:]...)
		cmd.Stderr = &failure
		data, err := cmd.Output()
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err != nil {
			return nil, fmt.Errorf("cannot run %s: %w\n%s", words[0], err, bytes.TrimSpace(failure.Bytes()))
		}
		r, err := parse(data)
		if err != nil {
			return nil, fmt.Errorf("cannot read what %s printed: %w", words[0], err)
		}
		return r, nil
	}, nil
}

// parse reads a report.
func parse(data []byte) (*Report, error) {
	var r Report
	if err := json.Unmarshal(data, &r); err != nil {
		return nil, err
	}
	if len(r.Cases) == 0 {
		return nil, errors.New("there are no cases in it")
	}
	return &r, nil
}

// split cuts a command into words at blanks; quotes, single or double, keep blanks.
func split(command string) ([]string, error) {
	var words []string
	var word strings.Builder
	in, quote := false, rune(0)
	for _, c := range command {
		switch {
		case quote != 0 && c == quote:
			quote = 0
		case quote != 0:
			word.WriteRune(c)
		case c == '\'' || c == '"':
			in, quote = true, c
		case c == ' ' || c == '\t' || c == '\n':
			if in {
				words = append(words, word.String())
				word.Reset()
			}
			in = false
		default:
			in = true
			word.WriteRune(c)
		}
	}
	if quote != 0 {
		return nil, fmt.Errorf("a quote is not closed in the command %q", command)
	}
	if in {
		words = append(words, word.String())
	}
	if len(words) == 0 {
		return nil, errors.New("the command is empty")
	}
	return words, nil
}
