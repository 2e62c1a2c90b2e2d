package cli

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/fusor-ml/fusor/internal/lang"
	"github.com/fusor-ml/fusor/internal/termtext"
)

// WriteHelp writes the help of a command, in lines of at most width columns.
func (c *Command) WriteHelp(w io.Writer, language lang.Language, width int) error {
	c.expand()
	h := &help{lang: language, width: width}
	h.command(c)
	_, err := io.WriteString(w, h.b.String())
	return err
}

// help lays a help out.
type help struct {
	b     strings.Builder
	lang  lang.Language
	width int
}

func (h *help) command(c *Command) {
	program := c
	for program.Parent != nil {
		program = program.Parent
	}
	h.line(h.lang.Sprintf("Usage: %s", strings.TrimSpace(program.Name+" "+c.Path())+strings.ReplaceAll(c.usage(), flagsGoHere, h.lang.Text(flagsGoHere))))
	h.paragraphs(c.Help)
	h.paragraphs(c.Detail())
	var rows [][2]string
	for _, a := range c.Arguments {
		rows = append(rows, [2]string{a.argument(), h.lang.Text(a.Help)})
	}
	h.section("Arguments:", rows)
	rows = nil
	for _, sub := range c.Leaves() {
		rows = append(rows, [2]string{sub.Path(), h.lang.Text(sub.Help)})
	}
	h.section("Commands:", rows)
	h.flags(append([]*Value{helpFlag}, c.Flags...))
	if c == program {
		h.line("")
		h.line(h.lang.Sprintf("Run \"%s <command> --help\" for more information on a command.", c.Name))
	}
}

// flagsGoHere is where flags go in a command's usage.
const flagsGoHere = "[flags]"

// usage is what follows the command's name: the flags that must be given, and the arguments.
func (c *Command) usage() (s string) {
	if len(c.Commands) > 0 {
		return " <command>"
	}
	optional := false
	for _, v := range c.Flags {
		if v.Required {
			s += " " + v.summary()
		}
		optional = optional || !v.Required
	}
	for _, a := range c.Arguments {
		if a.Required {
			s += " " + a.argument()
		} else {
			s += " [" + a.argument() + "]"
		}
	}
	if optional {
		s += " " + flagsGoHere
	}
	return s
}

// argument is <data>, or <models> ... of several.
func (v *Value) argument() string {
	if v.many() {
		return "<" + v.Name + "> ..."
	}
	return "<" + v.Name + ">"
}

// summary is --out=FILE.
func (v *Value) summary() string {
	switch {
	case v.Negatable:
		return "--[no-]" + v.Name
	case v == helpFlag || v.IsBool():
		return "--" + v.Name
	}
	return "--" + v.Name + "=" + cmp.Or(v.Placeholder, strings.Join(v.choices(), "|"), strings.ToUpper(v.Name))
}

// flags writes the flags of each group, those without one first.
func (h *help) flags(flags []*Value) {
	titles := []string{""}
	groups := map[string][][2]string{}
	for _, v := range flags {
		if !slices.Contains(titles, v.Group) {
			titles = append(titles, v.Group)
		}
		text := h.lang.Text(v.Help)
		if notes := h.notes(v); len(notes) > 0 {
			open, comma, end := " (", ", ", ")."
			if h.lang == lang.Chinese {
				open, comma, end = "（", "，", "）。"
			}
			text = strings.TrimRight(text, ".。") + open + strings.Join(notes, comma) + end
		}
		name := "    " + v.summary()
		if v.Short != "" {
			name = "-" + v.Short + ", " + v.summary()
		}
		groups[v.Group] = append(groups[v.Group], [2]string{name, text})
	}
	for _, title := range titles {
		h.section(cmp.Or(title, "Flags:"), groups[title])
	}
}

// notes are what a flag's help does not have by itself: its default, and its variable.
func (h *help) notes(v *Value) (notes []string) {
	if v.Default != "" && !strings.Contains(v.Help, "(default") {
		notes = append(notes, h.lang.Sprintf("default %s", v.Default))
	}
	if v.Env != "" {
		notes = append(notes, "$"+v.Env)
	}
	return notes
}

func (h *help) line(s string) { h.b.WriteString(strings.TrimRight(s, " ") + "\n") }

// paragraphs writes a text whose indented lines, examples, stay as they are.
func (h *help) paragraphs(text string) {
	if text == "" {
		return
	}
	h.line("")
	for line := range strings.SplitSeq(text, "\n") {
		if strings.HasPrefix(line, " ") {
			h.line("    " + strings.TrimSpace(line))
			continue
		}
		for _, l := range termtext.Wrap(h.lang.Text(line), h.width) {
			h.line(l)
		}
	}
}

// section writes names and what they are for in two columns.
func (h *help) section(title string, rows [][2]string) {
	const indent, gap = 2, 4
	if len(rows) == 0 {
		return
	}
	h.line("")
	h.line(h.lang.Text(title))
	most := max(30, 375*h.width/1000)
	left := 0
	for _, r := range rows {
		if n := termtext.Width(r[0]); n < most {
			left = max(left, n)
		}
	}
	for _, r := range rows {
		lines := termtext.Wrap(r[1], h.width-indent-left-gap)
		head := r[0]
		if termtext.Width(head) <= left {
			head, lines = termtext.Pad(head, left+gap)+lines[0], lines[1:]
		}
		h.line(strings.Repeat(" ", indent) + head)
		for _, l := range lines {
			h.line(fmt.Sprintf("%*s%s", indent+left+gap, "", l))
		}
	}
}
