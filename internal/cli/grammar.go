// Package cli parses a command line by the fields of a struct.
//
// A field that is tagged cmd is a command, itself a struct; a field tagged arg is an argument;
// every other field with a help is a flag, and an embedded struct adds its fields. The tags are
//
//	help:"TEXT"        what it is for
//	name:"NAME"        instead of the field's name in kebab case
//	short:"o"          one letter
//	placeholder:"FILE" the name of the value in the help
//	default:"VALUE"    the value of a flag that is not given
//	env:"NAME"         environment variable that is taken where the flag is not given
//	enum:"a,b"         the values that are taken
//	least:"64MB"       the smallest Size that is taken
//	sep:"none"         between the values of a list or a map, default ",": repeated flags alone
//	type:"existingfile" or "existingdir"
//	group:"TITLE"      heading of the help; of an embedded struct, of all its flags
//	negatable:""       a bool has --no-NAME beside --NAME
//	required:""        a flag that must be given
//	optional:""        an argument that may be left out
//
// Only the command that was named is looked into, and nothing of it is found by the name of a
// method: the linker then drops the methods that no code calls, a sixth of the program.
// See docs/decisions/0038-own-command-line.md.
package cli

import (
	"cmp"
	"reflect"
	"slices"
	"strings"
	"unicode"
)

// Command is a command, or the program itself.
type Command struct {
	Name      string
	Help      string
	Parent    *Command // nil of the program
	Commands  []*Command
	Arguments []*Value
	Flags     []*Value

	target   reflect.Value // the struct
	expanded bool
}

// Value is a flag or an argument.
type Value struct {
	Name        string
	Short       string
	Help        string
	Group       string
	Placeholder string
	Default     string
	Env         string
	Negatable   bool
	Required    bool

	enum, kind, sep, least string
	target                 reflect.Value
	given                  bool
}

// New returns the program of a pointer to a struct.
func New(name, help string, program any) *Command {
	c := &Command{Name: name, Help: help, target: reflect.ValueOf(program).Elem()}
	c.expand()
	return c
}

// Path is the command's name behind those of the commands it belongs to, without the program's.
func (c *Command) Path() string {
	if c.Parent == nil {
		return ""
	}
	return strings.TrimSpace(c.Parent.Path() + " " + c.Name)
}

// Detail is the longer help, which the struct's method Help returns.
func (c *Command) Detail() string {
	if h, ok := c.target.Addr().Interface().(interface{ Help() string }); ok {
		return h.Help()
	}
	return ""
}

// Target is a pointer to the command's struct.
func (c *Command) Target() any { return c.target.Addr().Interface() }

// Leaves returns the commands without commands of their own.
func (c *Command) Leaves() (all []*Command) {
	for _, sub := range c.Commands {
		if sub.expand(); len(sub.Commands) > 0 {
			all = append(all, sub.Leaves()...)
		} else {
			all = append(all, sub)
		}
	}
	return all
}

// expand reads the struct's fields.
func (c *Command) expand() {
	if !c.expanded {
		c.expanded = true
		c.read(c.target, "")
	}
}

func (c *Command) read(s reflect.Value, group string) {
	for i := range s.NumField() {
		field := s.Type().Field(i)
		tag := field.Tag
		if field.Anonymous {
			c.read(s.Field(i), cmp.Or(tag.Get("group"), group))
			continue
		}
		name := cmp.Or(tag.Get("name"), kebab(field.Name))
		if _, ok := tag.Lookup("cmd"); ok {
			c.Commands = append(c.Commands, &Command{Name: name, Help: tag.Get("help"), Parent: c, target: s.Field(i)})
			continue
		}
		help, ok := tag.Lookup("help")
		if !ok {
			continue
		}
		v := &Value{
			Name: name, Short: tag.Get("short"), Help: help, Group: cmp.Or(tag.Get("group"), group),
			Placeholder: tag.Get("placeholder"), Default: tag.Get("default"), Env: tag.Get("env"),
			enum: tag.Get("enum"), least: tag.Get("least"), kind: tag.Get("type"), sep: cmp.Or(tag.Get("sep"), ","), target: s.Field(i),
		}
		_, v.Negatable = tag.Lookup("negatable")
		_, v.Required = tag.Lookup("required")
		if _, ok := tag.Lookup("arg"); ok {
			_, optional := tag.Lookup("optional")
			v.Required = !optional
			c.Arguments = append(c.Arguments, v)
		} else {
			c.Flags = append(c.Flags, v)
		}
	}
}

// kebab is a field's name as a flag: MaxBody is max-body, TLSCert tls-cert.
func kebab(s string) string {
	r := []rune(s)
	var b strings.Builder
	for i, c := range r {
		if unicode.IsUpper(c) && i > 0 && (unicode.IsLower(r[i-1]) || i+1 < len(r) && unicode.IsLower(r[i+1])) {
			b.WriteByte('-')
		}
		b.WriteRune(unicode.ToLower(c))
	}
	return b.String()
}

// IsBool reports whether a flag needs no value.
func (v *Value) IsBool() bool {
	t := v.target.Type()
	return t.Kind() == reflect.Bool || t.Kind() == reflect.Pointer && t.Elem().Kind() == reflect.Bool
}

// many reports whether a value is a list or a map.
func (v *Value) many() bool {
	return slices.Contains([]reflect.Kind{reflect.Slice, reflect.Map}, v.target.Kind())
}

// choices are the values of an enum but the empty one, which stands for none.
func (v *Value) choices() (list []string) {
	for c := range strings.SplitSeq(v.enum, ",") {
		if c != "" {
			list = append(list, c)
		}
	}
	return list
}
