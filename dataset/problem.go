package dataset

import (
	"errors"
	"fmt"
	"strings"
)

// Problem is a user's mistake, located: file, row and column, what is wrong, and what to do.
type Problem struct {
	// Code names the kind of mistake, whatever the words: "csv.columns", "cell.missing-file". It does
	// not change from version to version.
	Code   string `json:"code,omitempty"`
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

// Remark reports whether p only states how the data were read, so that nothing is to be mended.
func (p Problem) Remark() bool { return p.Code == "csv.separator" }

// Problems collects mistakes; as an error it lists all of them, those that are alike in one line.
type Problems []Problem

// Error lists the problems, a line for each kind of them: see [Problems.Lines].
func (ps Problems) Error() string { return strings.Join(ps.Lines(), "\n") }

// alikeShown is how many problems of one kind have lines of their own, or are the examples in the
// line of many.
const alikeShown = 3

// Lines describes the problems, in the order in which the first of each kind comes. More than three
// that differ in their row alone are one line with their number and the first three.
func (ps Problems) Lines() []string {
	members := map[alike][]int{}
	for i, p := range ps {
		if p.Row > 0 {
			members[p.kind()] = append(members[p.kind()], i)
		}
	}
	var out []string
	for i, p := range ps {
		same := members[p.kind()]
		switch {
		case p.Row == 0 || len(same) <= alikeShown:
			out = append(out, p.String())
		case same[0] == i:
			var examples []string
			for _, k := range same[:alikeShown] {
				examples = append(examples, fmt.Sprintf("%s (line %d)", ps[k].What, ps[k].Row))
			}
			n := len(same)
			p.Row, p.What = 0, fmt.Sprintf("%d of a kind: %s; and %d more", n, strings.Join(examples, "; "), n-alikeShown)
			out = append(out, p.String())
		}
	}
	return out
}

// alike groups problems that differ in their row, and in what is there, alone.
type alike struct {
	code, file, column, advice string
	fatal                      bool
}

func (p *Problem) kind() alike { return alike{p.Code, p.File, p.Column, p.Advice, p.Fatal} }

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
