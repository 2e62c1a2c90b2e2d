package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/fusor-ml/fusor/internal/lang"
	"github.com/fusor-ml/fusor/internal/termtext"
)

// helpOptions are those of the parser's own printer.
var helpOptions = kong.HelpOptions{Compact: true, FlagsLast: true, WrapUpperBound: 100}

// printHelp writes the help of what k has selected. English is the parser's own; it counts a Han
// character as one column and breaks lines at spaces only, which Chinese has none of.
func printHelp(w io.Writer, language lang.Language, k *kong.Context) error {
	if language == lang.English {
		options := helpOptions
		options.ValueFormatter = kong.DefaultHelpValueFormatter
		return kong.DefaultHelpPrinter(options, k)
	}
	h := &helpText{lang: language, width: min(width(w), helpOptions.WrapUpperBound)}
	node := k.Selected()
	if node == nil {
		node = k.Model.Node
	}
	h.node(k.Model, node)
	_, err := io.WriteString(w, h.b.String())
	return err
}

// helpText lays help out.
type helpText struct {
	b     strings.Builder
	lang  lang.Language
	width int
}

func (h *helpText) node(app *kong.Application, n *kong.Node) {
	if n == app.Node {
		h.line(h.lang.Sprintf("Usage: %s", app.Name+app.Summary()))
	} else {
		h.line(h.lang.Sprintf("Usage: %s", app.Name+" "+n.Summary()))
	}
	for _, text := range []string{n.Help, n.Detail} {
		h.paragraphs(text)
	}
	if len(n.Positional) > 0 {
		var rows [][2]string
		for _, p := range n.Positional {
			rows = append(rows, [2]string{p.Summary(), h.lang.Text(p.Help)})
		}
		h.section("Arguments:", rows)
	}
	if len(n.Children) > 0 {
		var rows [][2]string
		for _, c := range n.Leaves(true) {
			rows = append(rows, [2]string{c.Path(), h.lang.Text(c.Help)})
		}
		h.section("Commands:", rows)
	}
	h.flags(slices.Concat(n.AllFlags(true)...))
	if n == app.Node {
		h.line("")
		h.line(h.lang.Sprintf("Run \"%s <command> --help\" for more information on a command.", app.Name))
	}
}

// flags writes the flags of each group, those without one first.
func (h *helpText) flags(flags []*kong.Flag) {
	titles := []string{""}
	groups := map[string][][2]string{}
	short := slices.ContainsFunc(flags, func(f *kong.Flag) bool { return f.Short != 0 })
	for _, f := range flags {
		title := ""
		if f.Group != nil {
			title = f.Group.Title
		}
		if !slices.Contains(titles, title) {
			titles = append(titles, title)
		}
		help := h.lang.Text(f.Help)
		if len(f.Tag.Envs) > 0 {
			help = strings.TrimSuffix(help, "。") + "（$" + strings.Join(f.Tag.Envs, ", $") + "）。"
		}
		groups[title] = append(groups[title], [2]string{flagSummary(f, short), help})
	}
	for _, title := range titles {
		if len(groups[title]) > 0 {
			h.section(cmp.Or(title, "Flags:"), groups[title])
		}
	}
}

// flagSummary is `-o, --out=FILE`; names line up where some have a short form.
func flagSummary(f *kong.Flag, short bool) string {
	lead := ""
	switch {
	case f.Short != 0:
		lead = "-" + string(f.Short) + ", "
	case short:
		lead = "    "
	}
	name := f.Name
	switch {
	case f.IsBool() && f.Tag.Negatable != "":
		name = "[no-]" + name
	case !f.IsBool():
		name += "=" + f.FormatPlaceHolder()
	}
	return lead + "--" + name
}

func (h *helpText) line(s string) { h.b.WriteString(strings.TrimRight(s, " ") + "\n") }

// paragraphs writes a text whose indented lines, examples, stay as they are.
func (h *helpText) paragraphs(text string) {
	if text == "" {
		return
	}
	h.line("")
	for _, line := range strings.Split(text, "\n") {
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
func (h *helpText) section(title string, rows [][2]string) {
	const indent, gap = 2, 4
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
