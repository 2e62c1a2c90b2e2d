package fusion

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// MaxWidth is the greatest width of a layer: a mistyped one must not take all memory.
const MaxWidth = 1 << 14

// OptionKind is the type of an option's value.
type OptionKind string

// The kinds of options, with the Go type that Config holds for them.
const (
	Integer OptionKind = "integer" // int
	Number  OptionKind = "number"  // float64
	Numbers OptionKind = "numbers" // []float64
	Boolean OptionKind = "boolean" // bool
	Choice  OptionKind = "choice"  // string, one of Option.Choices
)

// Option describes a setting as data: from it come the defaults, the validation, the keys of a
// configuration file, their documentation and their JSON Schema.
type Option struct {
	Name string
	Doc  string // one line, what it is
	Kind OptionKind
	// Min and Max bound the value of an Integer or a Number; Max may be infinite.
	Min, Max float64
	// AboveMin and BelowMax exclude the bound itself.
	AboveMin, BelowMax bool
	Choices            []string
	PerView            bool // of Numbers: there is one for each view, in their order
	// Default is what counts where the option is not set; nil: what Unset describes.
	Default any
	Unset   string
	// Search lists the values that a search tries beside what counts where the option is not set;
	// none: it is not searched.
	Search []any
}

// Check reports a value of the wrong kind or out of range. Whole numbers are taken for an Integer
// whatever their Go type, and any number for a Number.
func (o Option) Check(value any) error {
	switch o.Kind {
	case Integer, Number:
		x, ok := number(value)
		if !ok {
			return fmt.Errorf("%s is %v; it must be a number", o.Name, value)
		}
		if o.Kind == Integer && (x != math.Trunc(x) || math.IsInf(x, 0)) {
			return fmt.Errorf("%s is %v; it must be a whole number", o.Name, value)
		}
		if !o.holds(x) {
			return fmt.Errorf("%s is %v; it must be %s", o.Name, value, o.Range())
		}
	case Numbers:
		list, ok := numbers(value)
		if !ok {
			return fmt.Errorf("%s is %v; it must be a list of numbers", o.Name, value)
		}
		for _, x := range list {
			if math.IsNaN(x) || math.IsInf(x, 0) {
				return fmt.Errorf("%s: %g is not a number", o.Name, x)
			}
		}
	case Boolean:
		if _, ok := value.(bool); !ok {
			return fmt.Errorf("%s is %v; it must be true or false", o.Name, value)
		}
	case Choice:
		if s, ok := value.(string); !ok || !slices.Contains(o.Choices, s) {
			return fmt.Errorf("%s is %q; it must be %s", o.Name, fmt.Sprint(value), o.Range())
		}
	}
	return nil
}

func (o Option) holds(x float64) bool {
	low, high := x >= o.Min, x <= o.Max // false for NaN
	if o.AboveMin {
		low = x > o.Min
	}
	if o.BelowMax {
		high = x < o.Max
	}
	return low && high && !math.IsInf(x, 0)
}

// Range returns the values that the option takes, in words.
func (o Option) Range() string {
	switch o.Kind {
	case Choice:
		return strings.Join(o.Choices, ", ")
	case Integer, Number:
	default:
		return ""
	}
	low, high := short(o.Min), short(o.Max)
	switch bounded := !math.IsInf(o.Max, 1); {
	case o.AboveMin && !bounded:
		return fmt.Sprintf("above %s", low)
	case !bounded:
		return fmt.Sprintf("at least %s", low)
	case o.AboveMin && o.BelowMax:
		return fmt.Sprintf("above %s and below %s", low, high)
	case o.AboveMin:
		return fmt.Sprintf("above %s and at most %s", low, high)
	case o.BelowMax:
		return fmt.Sprintf("at least %s and below %s", low, high)
	}
	return fmt.Sprintf("at least %s and at most %s", low, high)
}

func short(x float64) string { return strconv.FormatFloat(x, 'f', -1, 64) }

// number returns a value of any numeric type as a float64.
func number(value any) (float64, bool) {
	switch v := value.(type) {
	case int:
		return float64(v), true
	case int64:
		return float64(v), true
	case uint64:
		return float64(v), true
	case float32:
		return float64(v), true
	case float64:
		return v, true
	}
	return 0, false
}

// numbers returns a list of any numeric type as float64s.
func numbers(value any) ([]float64, bool) {
	switch list := value.(type) {
	case []float64:
		return list, true
	case []any:
		out := make([]float64, len(list))
		for i, v := range list {
			var ok bool
			if out[i], ok = number(v); !ok {
				return nil, false
			}
		}
		return out, true
	}
	return nil, false
}

// Options that several methods share.

// dim returns the option of the fused width. Methods that need one have a default; the others keep
// the views' own width wherever they can.
func dim(def int) Option {
	o := Option{
		Name: "dim", Kind: Integer, Min: 1, Max: MaxWidth,
		Doc: "width of the fused vector, or of the space that the views are projected to", Unset: "the views as they are wherever that is possible",
		Search: []any{32, 128},
	}
	if def > 0 {
		o.Default = def
	}
	return o
}

func hidden(doc string, def any, unset string) Option {
	return Option{Name: "hidden", Kind: Integer, Min: 1, Max: MaxWidth, Doc: doc, Default: def, Unset: unset, Search: []any{32, 128}}
}

func layers() Option {
	return Option{Name: "layers", Kind: Integer, Min: 1, Max: 64, Doc: "layers, one on top of the other", Default: 1, Search: []any{2}}
}

func dropout(def float64) Option {
	return Option{
		Name: "dropout", Kind: Number, Min: 0, Max: 1, BelowMax: true, Default: def,
		Doc: "probability with which a value is dropped in training", Search: []any{0.2, 0.4},
	}
}

func heads() Option {
	return Option{Name: "heads", Kind: Integer, Min: 1, Max: MaxWidth, Default: 4, Doc: "heads of the attention; they divide `dim`", Search: []any{2, 8}}
}
