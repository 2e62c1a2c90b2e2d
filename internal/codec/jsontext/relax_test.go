package jsontext

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

// The values are those that Python's ast.literal_eval, Node's eval or the JSON5 library read.
func TestRelax(t *testing.T) {
	f := func(in, want string, loose Loose) {
		t.Helper()
		got, how, ok := Relax(in)
		var a, b any
		if !ok || json.Unmarshal([]byte(got), &a) != nil || json.Unmarshal([]byte(want), &b) != nil || !reflect.DeepEqual(a, b) || how != loose {
			t.Errorf("%s: %s, %b, %v; want %s, %b", in, got, how, ok, want, loose)
		}
		if a, b := strings.Count(in, "\n"), strings.Count(got, "\n"); a != b && loose&SingleQuotes == 0 {
			t.Errorf("%q has %d lines, %q %d", in, a, got, b)
		}
	}
	f(`{"a": [1, -2.5e3, "x\n\u00e9\\"], "b": {}}`, `{"a": [1, -2.5e3, "x\n\u00e9\\"], "b": {}}`, 0)
	f("[1, 2,\n ]", `[1, 2]`, TrailingCommas)
	f(`{"a": 1,}`, `{"a": 1}`, TrailingCommas)
	f("// one\n{/* two\n lines */\"a\": \"//no\" # three\n}", `{"a": "//no"}`, Comments)
	f(`{'a': None, 'b': True, 'c': False, 'd': 'it\'s', 'e': "it's", 'f': 'say "x"'}`, `{"a": null, "b": true, "c": false, "d": "it's", "e": "it's", "f": "say \"x\""}`, SingleQuotes|PythonWords)
	f(`{'a': (1, 2), 'b': nan, 'c': -inf, 'd': u'\xe9\U0001f600'}`, `{"a": [1, 2], "b": null, "c": null, "d": "é😀"}`, SingleQuotes|Tuples|NaNs)
	f(`({}, None, '#\t')`, `[{}, null, "#\t"]`, SingleQuotes|PythonWords|Tuples)
	f(`('',)`, `[""]`, SingleQuotes|TrailingCommas|Tuples)
	f(`{a: 1, $b_2: .5, c: 5., d: +3, e: -.5e2}`, `{"a": 1, "$b_2": 0.5, "c": 5, "d": 3, "e": -50}`, BareNames|Numbers)
	f(`callback([{"a": 1}]);`, `[{"a": 1}]`, Wrapped)
	f(`/**/ jQuery123_4({"a": 1})`, `{"a": 1}`, Wrapped|Comments)
	f("var data = [1, 2];\n", `[1, 2]`, Wrapped)
	f("window.YTD.tweets.part0 = [1]", `[1]`, Wrapped)
	f("export default {a: 1};", `{"a": 1}`, Wrapped|BareNames)
	f(")]}',\n[1]", `[1]`, Wrapped)
	f("{'a': 'one \\\ntwo', 'b': 'three\nfour'}", `{"a": "one two", "b": "three\nfour"}`, SingleQuotes)
	for _, in := range []string{"", "[1", "[1 2]", "[,]", "[1,,2]", "{'a'}", "{'a': }", "hello", "a(1", "[1] [2]", "{\"a\":1}\n{\"a\":2}", "'open", `"\q"`, "1.2.3", "x = ", "f(1))", "{1 2}", "[1;]", "/* open"} {
		if got, _, ok := Relax(in); ok {
			t.Errorf("%q is read as %s", in, got)
		}
	}
}

func FuzzRelax(f *testing.F) {
	for _, s := range []string{`{'a': None, "b": [1,],}`, "// c\n[{a: .5}]", "f({'x': (1, 2)});", `var a = {"b": 'c\x41'};`, `{"a":[1,2.5e-3,{"b":null}]}`, ")]}',\n[1]"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		strict, loose, ok := Relax(s)
		if ok && !json.Valid([]byte(strict)) {
			t.Errorf("%q became %q", s, strict)
		}
		// What is JSON stays what it is.
		if Valid(s) {
			var a, b any
			if err := json.Unmarshal([]byte(s), &a); err != nil { // a number that float64 has not
				return
			}
			if !ok || loose != 0 || json.Unmarshal([]byte(strict), &b) != nil || !reflect.DeepEqual(a, b) {
				t.Errorf("%q became %q, %b, %v", s, strict, loose, ok)
			}
		}
	})
}
