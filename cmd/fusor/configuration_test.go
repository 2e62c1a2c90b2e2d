package main

import (
	"encoding/json"
	"fmt"
	"math"
	"regexp"
	"strings"

	"github.com/fusor-ml/fusor/fusion"
	"github.com/fusor-ml/fusor/internal/lang"
	"github.com/fusor-ml/fusor/train"
)

// withTables returns the page with its tables, which stand between a pair of marks, made anew.
func withTables(page string, methods fusion.Table, l lang.Language) string {
	var model, training []string
	for _, s := range train.Settings {
		if name, ok := strings.CutPrefix(s.Name, "train."); ok {
			s.Name = name
			training = append(training, optionLine(s))
		} else {
			model = append(model, optionLine(s))
		}
	}
	for name, lines := range map[string][]string{"model": model, "fusion": fusionLines(methods), "training": training} {
		marks := regexp.MustCompile(`(?s)<!-- table: ` + name + ` -->\n.*?<!-- end -->`)
		head := "| key | type | default | range | `tune` tries | what it is |\n|---|---|---|---|---|---|\n"
		if l == lang.Chinese {
			head = "| 键 | 类型 | 默认值 | 范围 | `tune` 尝试 | 含义 |\n|---|---|---|---|---|---|\n"
			for i, line := range lines {
				lines[i] = translated(line)
			}
		}
		page = marks.ReplaceAllLiteralString(page, "<!-- table: "+name+" -->\n"+head+strings.Join(lines, "\n")+"\n<!-- end -->")
	}
	marks := regexp.MustCompile(`(?s)<!-- table: methods -->\n.*?<!-- end -->`)
	return marks.ReplaceAllLiteralString(page, "<!-- table: methods -->\n"+methodLines(methods, l)+"<!-- end -->")
}

// methodLines describes every method.
func methodLines(methods fusion.Table, l lang.Language) string {
	head := []string{"method", "what it is", "source", "`compare` tries it"}
	always, named := "always", "where it is named"
	if l == lang.Chinese {
		head = []string{"方法", "含义", "来源", "`compare` 何时尝试"}
		always, named = "总是", "指名时"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "| %s |\n|---|---|---|---|\n", strings.Join(head, " | "))
	for _, m := range methods {
		when := always
		if m.Optional {
			when = named
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", m.Name, l.Text(m.Doc), l.Text(m.Source), when)
	}
	return b.String()
}

var kindWords = map[fusion.OptionKind]string{
	fusion.Integer: "whole number", fusion.Number: "number", fusion.Numbers: "list of numbers", fusion.Boolean: "true or false", fusion.Choice: "word",
}

func optionLine(o fusion.Option) string {
	kind := kindWords[o.Kind]
	if kind == "" {
		kind = map[string]string{"fusion": "name", "fusion_config": "keys of its own", "views": "list of patterns", "encoders": "a word for each view", "embeddings": "file name"}[o.Name]
	}
	return fmt.Sprintf("| `%s` | %s | %s | %s | %s | %s |", o.Name, kind, defaultOf(o), o.Range(), searchOf(o), o.Doc)
}

// searchOf lists the values that a search tries.
func searchOf(o fusion.Option) string {
	values := make([]string, len(o.Search))
	for i, v := range o.Search {
		values[i] = fmt.Sprint(v)
	}
	return strings.Join(values, ", ")
}

func defaultOf(o fusion.Option) string {
	if o.Default == nil {
		return o.Unset
	}
	return fmt.Sprint(o.Default)
}

// translated returns a line of a table with each of its cells in Chinese.
func translated(line string) string {
	cells := strings.Split(strings.Trim(line, "|"), " | ")
	for i, c := range cells[1:] {
		parts := strings.Split(strings.TrimSpace(c), "; ") // what differs between methods
		for k, p := range parts {
			if owners, text, ok := strings.Cut(p, ": "); ok && !strings.Contains(owners, " ") || strings.Contains(owners, ", ") {
				parts[k] = owners + "：" + lang.Chinese.Text(text)
			} else {
				parts[k] = lang.Chinese.Text(p)
			}
		}
		if whole := lang.Chinese.Text(strings.TrimSpace(c)); len(parts) == 1 || whole != strings.TrimSpace(c) {
			cells[i+1] = whole
		} else {
			cells[i+1] = strings.Join(parts, "；")
		}
	}
	return "|" + strings.Join(cells, " | ") + " |"
}

// fusionLines describes every option that a method has, once, with what differs between the
// methods.
func fusionLines(methods fusion.Table) []string {
	var names []string
	byName := map[string][]fusion.Option{}
	owners := map[string][]string{}
	for _, m := range methods {
		for _, o := range m.Options {
			if byName[o.Name] == nil {
				names = append(names, o.Name)
			}
			byName[o.Name] = append(byName[o.Name], o)
			owners[o.Name] = append(owners[o.Name], m.Name)
		}
	}
	var lines []string
	for _, name := range names {
		options := byName[name]
		merged := options[0]
		merged.Default, merged.Unset = nil, perMethod(options, owners[name], defaultOf)
		if perMethod(options, owners[name], searchOf) != searchOf(merged) {
			panic("methods differ in what is tried of " + name)
		}
		merged.Doc = perMethod(options, owners[name], func(o fusion.Option) string { return o.Doc })
		if !strings.Contains(merged.Unset, ":") && !strings.Contains(merged.Doc, ":") {
			merged.Doc = strings.Join(owners[name], ", ") + ": " + merged.Doc
		}
		lines = append(lines, optionLine(merged))
	}
	return lines
}

// perMethod returns what all options have in common, or what each has, with the methods that it
// holds for.
func perMethod(options []fusion.Option, owners []string, of func(fusion.Option) string) string {
	var texts []string
	by := map[string][]string{}
	for i, o := range options {
		text := of(o)
		if by[text] == nil {
			texts = append(texts, text)
		}
		by[text] = append(by[text], owners[i])
	}
	if len(texts) == 1 {
		return texts[0]
	}
	for i, text := range texts {
		texts[i] = strings.Join(by[text], ", ") + ": " + text
	}
	return strings.Join(texts, "; ")
}

// recipeSchema returns the JSON Schema (draft 2020-12) of a recipe.
func recipeSchema(methods fusion.Table) ([]byte, error) {
	closed := func(properties map[string]any) map[string]any {
		return map[string]any{"type": "object", "additionalProperties": false, "properties": properties}
	}
	model, training, options := map[string]any{}, map[string]any{}, map[string]any{}
	for _, s := range train.Settings {
		if name, ok := strings.CutPrefix(s.Name, "train."); ok {
			training[name] = optionSchema(s)
		} else {
			model[s.Name] = optionSchema(s)
		}
	}
	for _, m := range methods {
		for _, o := range m.Options {
			o.Default = nil // it differs between the methods
			options[o.Name] = optionSchema(o)
		}
	}
	model["fusion"] = map[string]any{"type": "string", "enum": methods.Names(), "description": "the fusion method"}
	model["fusion_config"] = closed(options)
	model["train"] = closed(training)
	schema := closed(model)
	schema["$schema"], schema["title"] = "https://json-schema.org/draft/2020-12/schema", "fusor recipe"
	data, err := json.MarshalIndent(schema, "", "  ")
	return append(data, '\n'), err
}

func optionSchema(o fusion.Option) map[string]any {
	s := map[string]any{"description": o.Doc}
	if o.Default != nil {
		s["default"] = o.Default
	}
	switch o.Kind {
	case fusion.Integer, fusion.Number:
		s["type"] = string(o.Kind)
		low, high := "minimum", "maximum"
		if o.AboveMin {
			low = "exclusiveMinimum"
		}
		if o.BelowMax {
			high = "exclusiveMaximum"
		}
		s[low] = o.Min
		if !math.IsInf(o.Max, 1) {
			s[high] = o.Max
		}
	case fusion.Numbers:
		s["type"], s["items"] = "array", map[string]any{"type": "number"}
	case fusion.Boolean:
		s["type"] = "boolean"
	case fusion.Choice:
		s["type"], s["enum"] = "string", o.Choices
	default:
		s["type"] = map[string]string{"views": "array", "encoders": "object", "pretrained": "object"}[o.Name]
		if s["type"] == "" {
			s["type"] = "string"
		}
	}
	return s
}
