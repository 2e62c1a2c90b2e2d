package dataset

import (
	"errors"
	"fmt"
	"strings"
)

// Problem is a user's mistake, located: file, row and column, what is wrong, and what to do.
type Problem struct {
	File   string `json:"file,omitempty"`
	Row    int    `json:"row,omitempty"` // 1-based line of the manifest; 0 = the whole file
	Column string `json:"column,omitempty"`
	What   string `json:"what"`
	Advice string `json:"advice,omitempty"`
	Fatal  bool   `json:"fatal,omitempty"` // no honest result can come of the data
}

// String formats p as `train.csv:17: column "audio": what; advice`.
func (p Problem) String() string {
	var b strings.Builder
	b.WriteString(p.File)
	if p.Row > 0 {
		fmt.Fprintf(&b, ":%d", p.Row)
	}
	if b.Len() > 0 {
		b.WriteString(": ")
	}
	if p.Column != "" {
		fmt.Fprintf(&b, "column %q: ", p.Column)
	}
	b.WriteString(p.What)
	if p.Advice != "" {
		b.WriteString("; ")
		b.WriteString(p.Advice)
	}
	return b.String()
}

// Problems collects mistakes; as an error it lists all of them.
type Problems []Problem

// Error lists every problem, one a line.
func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// Fatal returns the problems that make an honest result impossible.
func (ps Problems) Fatal() Problems {
	var out Problems
	for _, p := range ps {
		if p.Fatal {
			out = append(out, p)
		}
	}
	return out
}

// Wrap returns err with the problems that were found in the data before it: its message is that of
// err, and errors.As finds the Problems. It returns nil if err is nil, and err itself if it wraps
// Problems already or there are none.
func (ps Problems) Wrap(err error) error {
	var own Problems
	if err == nil || len(ps) == 0 || errors.As(err, &own) {
		return err
	}
	return &stopped{err, ps}
}

// stopped is an error that is not of the data, but came after problems were found in it.
type stopped struct {
	error
	problems Problems
}

func (s *stopped) Unwrap() []error { return []error{s.error, s.problems} }
