package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/internal/durable"
)

// resultFlags every command has: where its result goes for machines, and whether it states more
// than that.
type resultFlags struct {
	languageFlag
	JSON  string `help:"Write the result as JSON to FILE, or what was wrong with the data; - is stdout, for a result alone." name:"json" placeholder:"FILE"`
	Quiet bool   `help:"No progress, no notes, no tables: only what is asked for as a file, JSON or an answer." short:"q"`
}

// jsonToStdout reports whether stdout is taken by the JSON.
func (f *resultFlags) jsonToStdout() bool { return f.JSON == "-" }

// writeJSON writes v where --json states, if it was given.
func (f *resultFlags) writeJSON(e *env, v any) error {
	if f.JSON == "" {
		return nil
	}
	data, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return fmt.Errorf("cannot write JSON: %w", err)
	}
	data = append(data, '\n')
	if f.jsonToStdout() {
		_, err := e.stdout.Write(data)
		return err
	}
	return durable.WriteFile(f.JSON, data)
}

// shownProblems is how many problems are listed before the rest is counted.
const shownProblems = 20

// failure is what --json writes where a command found the data at fault.
type failure struct {
	Error    string           `json:"error"`
	Problems dataset.Problems `json:"problems"`
}

// failed lists on stderr, and writes where --json names, the problems that were found before err,
// and returns err. Those that the message of err lists are not listed twice.
func (f *resultFlags) failed(e *env, err error) error {
	var problems dataset.Problems
	if !errors.As(err, &problems) {
		return err
	}
	if !strings.Contains(err.Error(), problems.Error()) {
		f.report(e, problems)
	}
	if f.JSON != "" && !f.jsonToStdout() { // stdout stays empty where there is no result
		return errors.Join(err, f.writeJSON(e, failure{err.Error(), problems}))
	}
	return err
}

// report lists problems on stderr.
func (f *resultFlags) report(e *env, problems dataset.Problems) {
	w := e.stderr
	if f.Quiet {
		return
	}
	var remarks []string
	problems = slices.DeleteFunc(slices.Clone(problems), func(p dataset.Problem) bool {
		if p.Remark() {
			remarks = append(remarks, p.What)
		}
		return p.Remark()
	})
	f.notes(e, remarks)
	lines := problems.Lines()
	for i, line := range lines {
		if i == shownProblems {
			all := ""
			if len(e.args) > 0 && (e.args[0] == "train" || e.args[0] == "compare") { // inspect knows no model
				all = " (fusor inspect lists all)"
			}
			fmt.Fprintln(w, e.lang.Text(fmt.Sprintf("… and %d more problems%s", len(lines)-i, all)))
			return
		}
		fmt.Fprintln(w, e.lang.Text(line))
	}
}

// told is an error as a person reads it: of very many problems the first ones and their number.
func told(err error, all bool) string {
	var ps dataset.Problems
	text := plainly(err)
	lines := strings.Split(text, "\n")
	if all || !errors.As(err, &ps) || len(lines) <= shownProblems+1 {
		return text
	}
	if fatal := ps.Fatal(); len(fatal) < len(ps) { // what stops it comes first
		rest := slices.DeleteFunc(slices.Clone(ps), func(p dataset.Problem) bool { return p.Fatal })
		sorted := append(fatal, rest...)
		lines = strings.Split(strings.Replace(text, ps.Error(), sorted.Error(), 1), "\n")
	}
	return strings.Join(lines[:shownProblems], "\n") + fmt.Sprintf("\n… and %d more problems (fusor inspect lists all)", len(lines)-shownProblems)
}

// plainly is the text of err, in which a file is named without the call of the system that failed.
func plainly(err error) string {
	text := err.Error()
	var pe *fs.PathError
	if !errors.As(err, &pe) {
		return text
	}
	what := fmt.Sprintf("%s: %v", pe.Path, pe.Err)
	if errors.Is(pe.Err, fs.ErrNotExist) {
		what = fmt.Sprintf("%s: no such file or folder; check the path", pe.Path)
	}
	return strings.Replace(text, pe.Error(), what, 1)
}

// notes states on stderr what a reader of the result should know.
func (f *resultFlags) notes(e *env, notes []string) {
	if f.Quiet {
		return
	}
	for _, n := range notes {
		fmt.Fprintln(e.stderr, e.say("note: %s", e.lang.Text(n)))
	}
}
