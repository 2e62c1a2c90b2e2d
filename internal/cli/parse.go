package cli

import (
	"errors"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// ErrHelp is what Parse returns where --help or -h was given.
var ErrHelp = errors.New("help was wanted")

// Error is a command line that a command does not take.
type Error struct {
	Command *Command // as far as it is known
	err     error
}

func (e *Error) Error() string { return e.err.Error() }

func (e *Error) Unwrap() error { return e.err }

// Line is a parsed command line: the fields of the command hold its values.
type Line struct {
	Command *Command
	given   []given
}

// given is a flag as it was given, one argument or two.
type given struct {
	flag *Value
	args []string
}

// Given returns the flags that keep wants, as they were given.
func (l *Line) Given(keep func(*Value) bool) (args []string) {
	for _, g := range l.given {
		if keep(g.flag) {
			args = append(args, g.args...)
		}
	}
	return args
}

// helpFlag every command has.
var helpFlag = &Value{Name: "help", Short: "h", Help: "Show context-sensitive help."}

// Parse reads a command line, without the program's name. Where it fails, or help is wanted, the
// line has the command that was named so far.
func (c *Command) Parse(args []string) (*Line, error) {
	p := &parser{line: &Line{Command: c}}
	err := p.parse(args)
	if err == nil {
		err = p.complete()
	}
	if err != nil && !errors.Is(err, ErrHelp) {
		err = &Error{p.line.Command, err}
	}
	return p.line, err
}

type parser struct {
	line     *Line
	argument int // of the command's, that comes next
}

func (p *parser) parse(args []string) error {
	for len(args) > 0 {
		arg := args[0]
		n := 1
		var err error
		switch {
		case arg == "--":
			for _, a := range args[1:] {
				if err := p.positional(a); err != nil {
					return err
				}
			}
			return nil
		case strings.HasPrefix(arg, "--"):
			n, err = p.long(args)
		case len(arg) > 1 && arg[0] == '-':
			n, err = p.short(args)
		default:
			err = p.positional(arg)
		}
		if err != nil {
			return err
		}
		args = args[n:]
	}
	return nil
}

// long reads --name, --name=value, --name value or --no-name, and returns how many args it took.
func (p *parser) long(args []string) (int, error) {
	name, value, has := strings.Cut(strings.TrimPrefix(args[0], "--"), "=")
	c := p.line.Command
	i := slices.IndexFunc(c.Flags, func(v *Value) bool { return v.Name == name || v.Negatable && "no-"+v.Name == name })
	switch {
	case i >= 0 && c.Flags[i].Name != name:
		if !has {
			value = "true"
		}
		return 1, p.set(c.Flags[i], "--"+name, "no-"+value, args[:1])
	case i >= 0:
		return p.value(c.Flags[i], "--"+name, value, has, args)
	case name == helpFlag.Name:
		return 0, ErrHelp
	}
	names := []string{"--" + helpFlag.Name}
	for _, v := range c.Flags {
		if names = append(names, "--"+v.Name); v.Negatable {
			names = append(names, "--no-"+v.Name)
		}
	}
	if meant := Nearest("--"+name, names); meant != "" {
		return 0, fmt.Errorf("unknown flag %s, did you mean %q?", "--"+name, meant)
	}
	return 0, fmt.Errorf("unknown flag %s", "--"+name)
}

// short reads -o value, -ovalue, -o=value, or letters of flags without a value, -qv.
func (p *parser) short(args []string) (int, error) {
	for i, letter := range args[0][1:] {
		name := "-" + string(letter)
		j := slices.IndexFunc(p.line.Command.Flags, func(v *Value) bool { return v.Short == string(letter) })
		if j < 0 {
			if name == "-"+helpFlag.Short {
				return 0, ErrHelp
			}
			return 0, fmt.Errorf("unknown flag %s", name)
		}
		v := p.line.Command.Flags[j]
		rest := args[0][1+i+len(string(letter)):]
		value, has := strings.CutPrefix(rest, "=")
		if !v.IsBool() {
			return p.value(v, "--"+v.Name, value, rest != "", args)
		}
		if has {
			return 1, p.set(v, "--"+v.Name, value, args[:1])
		}
		if err := p.set(v, "--"+v.Name, "true", []string{name}); err != nil {
			return 0, err
		}
	}
	return 1, nil
}

// value sets a flag to what follows it, in the same argument or in the next.
func (p *parser) value(v *Value, name, value string, has bool, args []string) (int, error) {
	switch {
	case has:
		return 1, p.set(v, name, value, args[:1])
	case v.IsBool():
		return 1, p.set(v, name, "true", args[:1])
	case len(args) < 2 || args[1] == "--":
		return 0, fmt.Errorf("%s needs a value", name)
	case isFlag(args[1]):
		if _, err := strconv.ParseFloat(args[1], 64); err == nil {
			return 0, fmt.Errorf("%s %s: it must not be negative", name, args[1])
		}
		return 0, fmt.Errorf("%s needs a value", name)
	}
	return 2, p.set(v, name, args[1], args[:2])
}

// isFlag reports whether an argument is a flag; - alone names a stream.
func isFlag(s string) bool { return len(s) > 1 && s[0] == '-' }

func (p *parser) set(v *Value, name, value string, args []string) error {
	if err := v.set(value); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	p.line.given = append(p.line.given, given{v, args})
	return nil
}

// positional reads the name of a command, or an argument.
func (p *parser) positional(arg string) error {
	c := p.line.Command
	if len(c.Commands) > 0 {
		var names []string
		for _, sub := range c.Commands {
			if sub.Name == arg {
				sub.expand()
				p.line.Command = sub
				return nil
			}
			names = append(names, sub.Name)
		}
		if meant := Nearest(arg, names); meant != "" {
			return fmt.Errorf("unknown command %s, did you mean %q?", arg, meant)
		}
		return fmt.Errorf("unknown command %s", arg)
	}
	if p.argument == len(c.Arguments) {
		return fmt.Errorf("unexpected argument %s", arg)
	}
	v := c.Arguments[p.argument]
	if !v.many() {
		p.argument++
	}
	v.given = true
	return v.one(arg)
}

// complete sets what was not given by the environment and the defaults, and looks for what lacks.
func (p *parser) complete() error {
	c := p.line.Command
	if len(c.Commands) > 0 {
		var names []string
		for _, sub := range c.Commands {
			names = append(names, sub.Name)
		}
		return fmt.Errorf("missing: one of the commands %s", strings.Join(names, ", "))
	}
	for _, v := range slices.Concat(c.Flags, c.Arguments) {
		if v.given {
			continue
		}
		if env, ok := os.LookupEnv(v.Env); ok && v.Env != "" {
			if err := v.set(env); err != nil {
				return fmt.Errorf("%s: %w", v.Env, err)
			}
		} else if v.Default != "" {
			if err := v.set(v.Default); err != nil {
				return fmt.Errorf("--%s: %w", v.Name, err)
			}
			v.given = false
		}
	}
	var lacking []string
	for _, v := range c.Arguments {
		if v.Required && !v.given {
			lacking = append(lacking, v.argument())
		}
	}
	for _, v := range c.Flags {
		if v.Required && !v.given {
			lacking = append(lacking, v.summary())
		}
	}
	if len(lacking) > 0 {
		return fmt.Errorf("missing: %s", strings.Join(lacking, ", "))
	}
	return nil
}

// set sets a value, or adds to a list or a map. What stood there by default goes.
func (v *Value) set(s string) error {
	if !v.given && v.many() {
		v.target.SetZero()
	}
	v.given = true
	if !v.many() || v.sep == "none" {
		return v.one(s)
	}
	for _, part := range split(s, v.sep) {
		if err := v.one(part); err != nil {
			return err
		}
	}
	return nil
}

// split divides at sep, but not where a backslash comes before it.
func split(s, sep string) (parts []string) {
	if s == "" {
		return nil
	}
	const escaped = "\x00"
	for part := range strings.SplitSeq(strings.ReplaceAll(s, `\`+sep, escaped), sep) {
		parts = append(parts, strings.ReplaceAll(part, escaped, sep))
	}
	return parts
}

// one sets the target, or adds one value to it.
func (v *Value) one(s string) error {
	if choices := v.choices(); len(choices) > 0 && s != "" && !slices.Contains(choices, s) {
		if meant := Nearest(s, choices); meant != "" {
			return fmt.Errorf("%q is none of %s; did you mean %q?", s, strings.Join(choices, ", "), meant)
		}
		return fmt.Errorf("%q is none of %s", s, strings.Join(choices, ", "))
	}
	if err := v.exists(s); err != nil {
		return err
	}
	switch v.target.Kind() {
	case reflect.Slice:
		e := reflect.New(v.target.Type().Elem()).Elem()
		if err := scan(e, s); err != nil {
			return err
		}
		v.target.Set(reflect.Append(v.target, e))
		return nil
	case reflect.Map:
		key, value, ok := strings.Cut(s, "=")
		if !ok {
			return fmt.Errorf("%q is not of the form KEY=VALUE", s)
		}
		if v.target.IsNil() {
			v.target.Set(reflect.MakeMap(v.target.Type()))
		}
		v.target.SetMapIndex(reflect.ValueOf(key), reflect.ValueOf(value))
		return nil
	case reflect.Pointer:
		v.target.Set(reflect.New(v.target.Type().Elem()))
		return scan(v.target.Elem(), s)
	}
	if err := scan(v.target, s); err != nil {
		return err
	}
	return v.large(s)
}

// large holds that a size is not smaller than makes sense, as it is without its unit.
func (v *Value) large(s string) error {
	size, ok := v.target.Interface().(Size)
	if !ok || v.least == "" {
		return nil
	}
	least, err := ParseSize(v.least)
	if err != nil || size >= least {
		return err
	}
	if n, err := strconv.ParseFloat(s, 64); err == nil {
		unit := "GB"
		if n >= 100 {
			unit = "MB"
		}
		return fmt.Errorf("%q without a unit is bytes, and %s is the least; did you mean %s%s?", s, v.least, s, unit)
	}
	return fmt.Errorf("%q is too small: %s is the least", s, v.least)
}

// exists holds that the file or folder that a value names is there.
func (v *Value) exists(s string) error {
	if v.kind == "" || s == "-" {
		return nil
	}
	info, err := os.Stat(s)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return fmt.Errorf("%s: no such file; check the path", s)
	case err != nil:
		return err
	case v.kind == "existingfile" && info.IsDir():
		return fmt.Errorf("%s is a folder, not a file", s)
	case v.kind == "existingdir" && !info.IsDir():
		return fmt.Errorf("%s is not a folder", s)
	}
	return nil
}

// scan reads one value.
func scan(to reflect.Value, s string) error {
	// Before the kinds: a Duration and a Size are int64 as well.
	if _, ok := to.Interface().(time.Duration); ok {
		d, err := time.ParseDuration(s)
		if err != nil {
			return fmt.Errorf("%q is not a time such as 250ms, 30s or 5m", s)
		}
		to.SetInt(int64(d))
		return nil
	}
	if _, ok := to.Interface().(Size); ok {
		n, err := ParseSize(s)
		if err != nil {
			return err
		}
		to.SetInt(int64(n))
		return nil
	}
	switch to.Kind() {
	case reflect.String:
		to.SetString(s)
	case reflect.Bool:
		// --no-flag of a flag without a value arrives here as the value no-.
		plain, not := strings.CutPrefix(strings.ToLower(s), "no-")
		switch plain {
		case "true", "1", "yes":
			to.SetBool(!not)
		case "false", "0", "no":
			to.SetBool(not)
		default:
			return fmt.Errorf("%q is neither true nor false", s)
		}
	case reflect.Int, reflect.Int64:
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil {
			return fmt.Errorf("%q is not a whole number", s)
		}
		to.SetInt(n)
	case reflect.Uint, reflect.Uint64:
		n, err := strconv.ParseUint(s, 10, 64)
		// A message of its own: ParseUint has one about syntax.
		if strings.HasPrefix(s, "-") {
			return fmt.Errorf("%s must not be negative", s)
		}
		if err != nil {
			return fmt.Errorf("%q is not a whole number", s)
		}
		to.SetUint(n)
	case reflect.Float64:
		x, err := strconv.ParseFloat(s, 64)
		if err != nil {
			return fmt.Errorf("%q is not a number", s)
		}
		to.SetFloat(x)
	default:
		panic(fmt.Sprintf("cli: no flag can be of the type %s", to.Type()))
	}
	return nil
}
