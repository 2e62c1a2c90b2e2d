package fusion

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/fusor-ml/fusor/nn"
)

// Config holds the options of a method that are set, by name: a plain value of the type that the
// option's kind has. What is not in it takes the option's default.
type Config map[string]any

// Int returns a whole number, 0 where it is not set.
func (c Config) Int(name string) int {
	x, _ := number(c[name])
	return int(x)
}

// Float returns a number, 0 where it is not set.
func (c Config) Float(name string) float64 {
	x, _ := number(c[name])
	return x
}

// Floats returns a list of numbers, nil where it is not set.
func (c Config) Floats(name string) []float64 {
	list, _ := numbers(c[name])
	return list
}

// Bool returns a switch, false where it is not set.
func (c Config) Bool(name string) bool {
	b, _ := c[name].(bool)
	return b
}

// Text returns a choice, "" where it is not set.
func (c Config) Text(name string) string {
	s, _ := c[name].(string)
	return s
}

// With returns a copy of c in which name is set to value.
func (c Config) With(name string, value any) Config {
	with := Config{name: value}
	for k, v := range c {
		if k != name {
			with[k] = v
		}
	}
	return with
}

// WithDefaults returns a copy of c in which what is not set is taken from d.
func (c Config) WithDefaults(d Config) Config {
	with := maps.Clone(d)
	if with == nil {
		with = Config{}
	}
	maps.Copy(with, c)
	return with
}

// IsZero reports whether nothing is set.
func (c Config) IsZero() bool { return len(c) == 0 }

// MarshalJSON writes c as an object with its keys in order.
func (c Config) MarshalJSON() ([]byte, error) {
	if c == nil {
		return []byte("{}"), nil
	}
	return json.Marshal(map[string]any(c))
}

// UnmarshalJSON reads an object; whole numbers become int, lists of numbers []float64.
func (c *Config) UnmarshalJSON(data []byte) error {
	var raw map[string]any
	if err := json.Unmarshal(data, &raw); err != nil {
		return err
	}
	*c = nil
	for name, value := range raw {
		if x, ok := value.(float64); ok && x == math.Trunc(x) && math.Abs(x) < 1<<53 {
			value = int(x)
		}
		if list, ok := numbers(value); ok {
			value = list
		}
		if *c == nil {
			*c = Config{}
		}
		(*c)[name] = value
	}
	return nil
}

// Option returns the method's option of that name.
func (m Method) Option(name string) (Option, bool) {
	i := slices.IndexFunc(m.Options, func(o Option) bool { return o.Name == name })
	if i < 0 {
		return Option{}, false
	}
	return m.Options[i], true
}

// Defaults returns what the method's options are where they are not set.
func (m Method) Defaults() Config {
	var c Config
	for _, o := range m.Options {
		if o.Default != nil {
			c = c.With(o.Name, o.Default)
		}
	}
	return c
}

// Check reports an option of cfg that the method does not have or that is out of range.
func (m Method) Check(cfg Config) error {
	for _, name := range slices.Sorted(maps.Keys(cfg)) {
		o, ok := m.Option(name)
		if !ok {
			has := "it has no options"
			if len(m.Options) > 0 {
				has = fmt.Sprintf("it has %s", strings.Join(optionNames(m.Options), ", "))
			}
			return fmt.Errorf("fusion %s: there is no option %q; %s", m.Name, name, has)
		}
		if err := o.Check(cfg[name]); err != nil {
			return fmt.Errorf("fusion %s: %w", m.Name, err)
		}
	}
	return nil
}

// CheckTask reports a task that the method has no answer to.
func (m Method) CheckTask(regression bool) error {
	if m.NoRegression && regression {
		return fmt.Errorf("fusion %s predicts classes or labels, and the labels are numbers", m.Name)
	}
	return nil
}

// CheckAny reports an option of cfg that no method of the table takes as it is.
func (t Table) CheckAny(cfg Config) error {
	for name, value := range cfg {
		var err error
		known := false
		for _, m := range t {
			if _, ok := m.Option(name); ok {
				known = true
				if err = m.Check(Config{name: value}); err == nil {
					break
				}
			}
		}
		if !known {
			return fmt.Errorf("no fusion has an option %q", name)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func optionNames(options []Option) []string {
	names := make([]string, len(options))
	for i, o := range options {
		names[i] = o.Name
	}
	return names
}

// New builds the method for batches of the given shape: it checks cfg and the views, fills in the
// defaults, and creates every parameter in s.
func (m Method) New(s *nn.Scope, cfg Config, shape Shape) (Fusion, error) {
	if err := m.Check(cfg); err != nil {
		return nil, err
	}
	if err := checkViews(shape.Views, m.Sequences(cfg)); err != nil {
		return nil, fmt.Errorf("cannot build fusion %s: %w", m.Name, err)
	}
	if err := m.CheckTask(shape.Regression); err != nil {
		return nil, err
	}
	for _, o := range m.Options {
		if list := cfg.Floats(o.Name); o.PerView && len(list) > 0 && len(list) != len(shape.Views) {
			return nil, fmt.Errorf("cannot build fusion %s: %d %s for %d views", m.Name, len(list), o.Name, len(shape.Views))
		}
	}
	f, err := m.Build(s, cfg.WithDefaults(m.Defaults()), shape)
	if err != nil {
		return nil, fmt.Errorf("cannot build fusion %s: %w", m.Name, err)
	}
	return f, nil
}

// checkViews reports views that no method, or no method without sequences, can be built for.
func checkViews(views []ViewShape, sequences bool) error {
	if len(views) == 0 {
		return fmt.Errorf("there are no views")
	}
	for _, v := range views {
		if v.Dim < 1 {
			return fmt.Errorf("view %q has width %d", v.Name, v.Dim)
		}
		if v.Sequence && !sequences {
			return fmt.Errorf("view %q is a sequence; pool it first", v.Name)
		}
	}
	return nil
}
