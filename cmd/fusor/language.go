package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/fusor-ml/fusor/internal/lang"
	"github.com/fusor-ml/fusor/internal/termtext"
)

// languageFlag every command has: the language of all that a person reads.
type languageFlag struct {
	Lang string `help:"Language of all texts: en or zh (default: by LC_ALL, LC_MESSAGES, LANG)." enum:",en,zh" default:"" placeholder:"NAME"`
}

// languageOf returns the language of a command line: that of --lang, which counts for errors in the
// line itself as well, else that of the locale.
func languageOf(args []string, getenv func(string) string) lang.Language {
	for i, arg := range args {
		switch value, ok := strings.CutPrefix(arg, "--lang="); {
		case ok:
			return lang.Of(value)
		case arg == "--lang" && i+1 < len(args):
			return lang.Of(args[i+1])
		case arg == "--":
			return lang.FromEnvironment(getenv)
		}
	}
	return lang.FromEnvironment(getenv)
}

// splitLanguage returns a command line without --lang, which every command has behind its name, and
// that flag.
func splitLanguage(args []string) (words, flag []string) {
	for len(args) > 0 && args[0] != "--" {
		n := 1
		if args[0] == "--lang" {
			n = min(2, len(args))
		}
		if args[0] == "--lang" || strings.HasPrefix(args[0], "--lang=") {
			flag = append(flag, args[:n]...)
		} else {
			words = append(words, args[0])
		}
		args = args[n:]
	}
	return append(words, args...), flag
}

// locale returns the language of this process's command line.
func locale(args []string) lang.Language { return languageOf(args, os.Getenv) }

// printf writes to stdout in the reader's language.
func (e *env) printf(format string, args ...any) { e.fprintf(e.stdout, format, args...) }

func (e *env) fprintf(w io.Writer, format string, args ...any) {
	fmt.Fprint(w, e.lang.Sprintf(format, args...)) //nolint:errcheck // output remembers its error
}

// paragraph prints a text without paths, which breaks between words on a narrow terminal.
func (e *env) paragraph(s string) {
	for _, line := range e.wrapped(s, 0) {
		fmt.Fprintln(e.stdout, line) //nolint:errcheck // output remembers its error
	}
}

// wrapped breaks s into lines that leave margin columns of the terminal free. Elsewhere it is one
// line, as it is where a word would be cut.
func (e *env) wrapped(s string, margin int) []string {
	if !isTerminal(e.stdout) {
		return []string{s}
	}
	lines := termtext.Wrap(s, max(20, width(e.stdout)-margin))
	if strings.Count(strings.Join(lines, ""), "…") > strings.Count(s, "…") {
		return []string{s}
	}
	return lines
}

// say returns a text in the reader's language.
func (e *env) say(format string, args ...any) string { return e.lang.Sprintf(format, args...) }
