// Package lang renders the messages of the program in the reader's language.
//
// A message is written where it arises, in English, by the means of Go: fmt.Errorf, errors.New,
// fmt.Sprintf. That keeps the library free of this package, errors.Is and errors.As
// working, and JSON, logs and APIs in one language. What a person reads passes through here at the
// edge of the program: [Language.Sprintf] renders a format and its arguments, [Language.Text] a
// text that is finished, such as that of an error, of which it finds the formats that made it.
//
// The catalogue (zh/*.po, the format of GNU gettext) has an entry for every format, keyed by the
// English one; see docs/decisions/0033-two-languages.md.
package lang

import (
	"fmt"
	"strings"
)

// Language is a language that the program speaks, by its ISO 639 code.
type Language string

// The languages.
const (
	English Language = "en"
	Chinese Language = "zh"
)

// FromEnvironment returns the language that the locale of an environment names: the first of
// LC_ALL, LC_MESSAGES and LANG that is set, as POSIX has it.
func FromEnvironment(getenv func(string) string) Language {
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if locale := getenv(name); locale != "" {
			return Of(locale)
		}
	}
	return English
}

// Of returns the language of a locale, or of a language's code: Chinese of zh, zh_CN.UTF-8 and
// zh-Hans, English of all that the program does not speak.
func Of(locale string) Language {
	code, _, _ := strings.Cut(strings.ToLower(locale), ".")
	if code == "zh" || strings.HasPrefix(code, "zh_") || strings.HasPrefix(code, "zh-") {
		return Chinese
	}
	return English
}

// Sprintf formats as fmt.Sprintf does, with the format in language l. Errors among the arguments
// are rendered in l too, and so are the arguments that the catalogue marks as words of its own.
func (l Language) Sprintf(format string, args ...any) string {
	if l != Chinese {
		return fmt.Sprintf(format, args...)
	}
	e, ok := chinese().byID[strings.TrimSpace(format)]
	if !ok {
		return l.Text(fmt.Sprintf(format, args...))
	}
	shown := make([]any, len(args))
	for i, arg := range args {
		switch err, isError := arg.(error); {
		case isError:
			shown[i] = l.Text(err.Error())
		case e.words[i]:
			shown[i] = l.Text(fmt.Sprint(arg))
		default:
			shown[i] = arg
		}
	}
	before, after := margins(format)
	return before + e.sprint(shown) + after
}

// List joins names as language l does: a, b in English, a、b in Chinese.
func (l Language) List(names []string) string {
	if l == Chinese {
		return strings.Join(names, "、")
	}
	return strings.Join(names, ", ")
}

// Text returns a finished text in language l. Where the catalogue has no format for a part of it,
// as of names, cells and numbers, that part stays.
func (l Language) Text(s string) string {
	if l != Chinese || s == "" {
		return s
	}
	lines := strings.Split(s, "\n")
	for i, line := range lines {
		before, after := margins(line)
		lines[i] = before + chinese().translate(strings.TrimSpace(line)) + after
	}
	return strings.Join(lines, "\n")
}

// Error returns the message of err in language l.
func (l Language) Error(err error) string { return l.Text(err.Error()) }

// Texts returns every one of list in language l.
func (l Language) Texts(list []string) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = l.Text(s)
	}
	return out
}

// margins returns the white space around s.
func margins(s string) (before, after string) {
	body := strings.TrimSpace(s)
	if body == "" {
		return s, ""
	}
	i := strings.Index(s, body)
	return s[:i], s[i+len(body):]
}
