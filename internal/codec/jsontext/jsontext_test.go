package jsontext

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// pieces are parts of JSON and of what is none, of which texts are put together.
var pieces = []string{
	"{", "}", "[", "]", ",", ":", " ", "\n", "\t", `"a"`, `"b\n"`, `"\u00e9"`, `"\u00g9"`, `"\x"`, `"`, "\\", "0", "-", "-0", "01", "1.", ".5", "1.5", "1e5", "1E-7", "1e", "-1e+",
	"true", "false", "null", "nul", "NaN", "\x01", "\"\x01\"", "é", "\xff", "/", "'",
}

// Valid takes what encoding/json takes.
func TestValid(t *testing.T) {
	check := func(s string) {
		t.Helper()
		if got, want := Valid(s), json.Valid([]byte(s)); got != want {
			t.Errorf("%.200q: %v, want %v", s, got, want)
		}
	}
	for _, a := range pieces {
		check(a)
		for _, b := range pieces {
			check(a + b)
			check("[" + a + b + "]")
			check("[" + a + "," + b + "]")
			check(`{"k":` + a + b + "}")
			check("{" + a + ":" + b + "}")
			check(`{"k":1,` + a + ":" + b + " }")
		}
	}
	for _, n := range []int{maxDepth - 1, maxDepth, maxDepth + 1, 300_000} {
		check(strings.Repeat("[", n) + strings.Repeat("]", n))
		check(strings.Repeat(`{"a":`, n) + "1" + strings.Repeat("}", n))
		check(strings.Repeat("[", n))
	}
	r := rand.New(rand.NewPCG(1, 2))
	for range 50_000 {
		var b strings.Builder
		for range r.IntN(9) {
			b.WriteString(pieces[r.IntN(len(pieces))])
		}
		check(b.String())
	}
}

func TestAppendMembers(t *testing.T) {
	got, ok := AppendMembers(nil, " {\"a\": 1 , \"b\\n\":[1, {\"c\":2}],\"a\":\"}\" } ")
	want := []Member{{`"a"`, "1"}, {`"b\n"`, `[1, {"c":2}]`}, {`"a"`, `"}"`}}
	if !ok || !slices.Equal(got, want) {
		t.Errorf("%q, %v", got, ok)
	}
	for _, s := range []string{"", "[]", `{"a":1}x`, `{"a":1,}`, "{1:2}", `{"a"}`, `"a"`} {
		if got, ok := AppendMembers(nil, s); ok {
			t.Errorf("%s: %q", s, got)
		}
	}
}

// checkFloats compares with encoding/json, which reads numbers with strconv.
func checkFloats(t *testing.T, s string) {
	t.Helper()
	got, ok := AppendFloats(nil, s)
	var want []*float32
	wantOK := json.Unmarshal([]byte(s), &want) == nil && want != nil && !slices.Contains(want, nil)
	if ok != wantOK || ok && len(got) != len(want) {
		t.Errorf("%.300q: %v, %v, want %v", s, got, ok, wantOK)
		return
	}
	for i := range want {
		if ok && math.Float32bits(got[i]) != math.Float32bits(*want[i]) {
			t.Errorf("%.300q: %g at %d, want %g", s, got[i], i, *want[i])
		}
	}
}

func TestAppendFloats(t *testing.T) {
	for _, a := range pieces {
		for _, b := range pieces {
			checkFloats(t, "["+a+b+"]")
			checkFloats(t, "["+a+","+b+"]")
		}
	}
	for _, s := range []string{
		"[]", " [ 1 , -2.50e+1\t] ", "[1]x", "[1,]", "[null]", "[1e400]", "[-1e-400]", "[3.5e38]", "[1e38]", "[16777217]", "[16777219]", "[1.00000005960464477539]",
		"[1.0000000596046448]", "[1.0000000596046447]", "[99999999999999999999]", "[18446744073709551616]", "[0.00000000000000000000000000000000000000000001]", "[1e99999999999999999999]", "[0e999]", "[-0]", "[-0.0]",
	} {
		checkFloats(t, s)
	}
	// An exponent that makes up for a long fraction, or more than that.
	for _, n := range []int{20, 990, 999, 1000, 5000} {
		for _, e := range []int{-5, 0, 1, 2, 40} {
			checkFloats(t, fmt.Sprintf("[0.%s1e%d]", strings.Repeat("0", n), n+e))
			checkFloats(t, fmt.Sprintf("[0.%s1e1000, 0.%s1e5000]", strings.Repeat("0", n), strings.Repeat("0", n)))
		}
	}
	// Numbers as programs write them, and those halfway between two float32 and next to it.
	r := rand.New(rand.NewPCG(3, 4))
	for range 20_000 {
		v := math.Float32frombits(r.Uint32())
		if v-v != 0 {
			continue
		}
		next := math.Nextafter32(v, float32(math.Inf(1)))
		middle := (float64(v) + float64(next)) / 2
		all := []string{}
		for _, x := range []float64{float64(v), middle, math.Nextafter(middle, 0), math.Nextafter(middle, math.MaxFloat64), r.NormFloat64(), float64(r.IntN(1e9)) / 1000} {
			if x-x == 0 && math.Abs(x) <= math.MaxFloat32 {
				all = append(all, strconv.FormatFloat(x, "efg"[r.IntN(3)], []int{-1, 7, 17, 20}[r.IntN(4)], 64))
			}
		}
		checkFloats(t, "["+strings.Join(all, ", ")+"]")
	}
}

func FuzzValid(f *testing.F) {
	for i := 0; i+3 < len(pieces); i++ {
		f.Add(strings.Join(pieces[i:i+3], ""))
	}
	f.Add(`{"a":[1,2.5e-3,{"b":null}],"c":"\u4e2d\\"}`)
	f.Fuzz(func(t *testing.T, s string) {
		if got, want := Valid(s), json.Valid([]byte(s)); got != want {
			t.Errorf("%q: %v, want %v", s, got, want)
		}
		checkFloats(t, s)
		members, ok := AppendMembers(nil, s)
		var want map[string]json.RawMessage
		if is := json.Unmarshal([]byte(s), &want) == nil && want != nil; ok != is {
			t.Errorf("%q: an object is %v, want %v", s, ok, is)
		}
		for _, m := range members {
			if ok && (!Valid(m.Key) || !Valid(m.Value)) {
				t.Errorf("%q: member %q", s, m)
			}
		}
	})
}

func BenchmarkRow(b *testing.B) {
	var s strings.Builder
	s.WriteString(`{"margin": [`)
	for i := range 192 {
		fmt.Fprintf(&s, "%v, ", float64(float32(i)*0.0039059999398887157))
	}
	s.WriteString(`1]}`)
	row := s.String()
	b.Run("encoding/json", func(b *testing.B) {
		for b.Loop() {
			json.Valid([]byte(row))
		}
	})
	b.Run("members", func(b *testing.B) {
		var members []Member
		for b.Loop() {
			members, _ = AppendMembers(members[:0], row)
		}
	})
	b.Run("floats", func(b *testing.B) {
		members, _ := AppendMembers(nil, row)
		var floats []float32
		for b.Loop() {
			floats, _ = AppendFloats(floats[:0], members[0].Value)
		}
	})
}
