package feature

import (
	"encoding/json"
	"math"
	"testing"

	"pgregory.net/rapid"
)

func TestFloatsAreExact(t *testing.T) {
	want := Floats{0, float32(math.Copysign(0, -1)), 1, 0.1, math.MaxFloat32, math.SmallestNonzeroFloat32, float32(math.Inf(-1)), math.Float32frombits(0x7fc00001)}
	data, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	if exp := `"AAAAAAAAAIAAAIA/zczMPf//f38BAAAAAACA/wEAwH8="`; string(data) != exp {
		t.Errorf("%s, want %s", data, exp)
	}
	var got Floats
	if err := json.Unmarshal(data, &got); err != nil {
		t.Fatal(err)
	}
	for i, v := range want {
		if math.Float32bits(got[i]) != math.Float32bits(v) {
			t.Errorf("value %d: %x, want %x", i, math.Float32bits(got[i]), math.Float32bits(v))
		}
	}
	for _, in := range []string{`"AAA="`, `"AA"`, `"?"`, `[1,2]`, `3`, `{}`} {
		if json.Unmarshal([]byte(in), &got) == nil {
			t.Errorf("%s was read", in)
		}
	}
}

func TestFloatsAndIdsRoundTrip(t *testing.T) {
	type both struct {
		F Floats
		I Ids
	}
	rapid.Check(t, func(t *rapid.T) {
		bits := rapid.SliceOf(rapid.Uint32()).Draw(t, "bits")
		in := both{F: make(Floats, len(bits)), I: Ids(bits)}
		for i, v := range bits {
			in.F[i] = math.Float32frombits(v)
		}
		data, err := json.Marshal(in)
		if err != nil {
			t.Fatal(err)
		}
		var out both
		if err := json.Unmarshal(data, &out); err != nil {
			t.Fatal(err)
		}
		if len(out.F) != len(bits) || len(out.I) != len(bits) {
			t.Fatalf("%d and %d of %d", len(out.F), len(out.I), len(bits))
		}
		for i, v := range bits {
			if math.Float32bits(out.F[i]) != v || out.I[i] != v {
				t.Fatalf("%d: %x and %x, want %x", i, math.Float32bits(out.F[i]), out.I[i], v)
			}
		}
	})
}

func FuzzFloats(f *testing.F) {
	f.Add([]byte(`"AACAPw=="`))
	f.Add([]byte(`null`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var x, y Floats
		if json.Unmarshal(data, &x) != nil {
			return
		}
		again, err := json.Marshal(x)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(again, &y); err != nil || len(x) != len(y) {
			t.Fatalf("%s came back as %d values: %v", data, len(y), err)
		}
	})
}
