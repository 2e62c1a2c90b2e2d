package flat

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"math"
	"reflect"
	"runtime"
	"testing"

	"pgregory.net/rapid"
)

// value has a field of every kind.
type value struct {
	i     int
	f     float64
	b     bool
	t     string
	bytes []byte
	fs    []float64
	is    []int
	bs    []bool
	ts    []string
	small []float32
	rows  [][]float32
}

func (v *value) flat(s *Stream) {
	s.Int(&v.i)
	s.Float(&v.f)
	s.Bool(&v.b)
	s.Text(&v.t)
	s.Bytes(&v.bytes)
	s.Floats(&v.fs)
	s.Ints(&v.is)
	s.Bools(&v.bs)
	s.Texts(&v.ts)
	s.Floats32(&v.small)
	List(s, &v.rows, s.Floats32)
}

// many draws a list; none is nil, as it is read.
func many[T any](t *rapid.T, g *rapid.Generator[T]) []T {
	if v := rapid.SliceOfN(g, 0, 5).Draw(t, "list"); len(v) > 0 {
		return v
	}
	return nil
}

func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := value{
			rapid.Int().Draw(t, "i"), rapid.Float64().Draw(t, "f"), rapid.Bool().Draw(t, "b"), rapid.String().Draw(t, "t"), many(t, rapid.Byte()),
			many(t, rapid.Float64()), many(t, rapid.Int()), many(t, rapid.Bool()), many(t, rapid.String()), many(t, rapid.Float32()),
			many(t, rapid.Custom(func(t *rapid.T) []float32 { return many(t, rapid.Float32()) })),
		}
		data := Encode("test 1", v.flat)
		var got value
		if err := Decode("test 1", data, got.flat); err != nil || !reflect.DeepEqual(got, v) {
			t.Fatalf("%+v, %v, want %+v", got, err, v)
		}
		if err := Decode("test 2", data, got.flat); !errors.Is(err, ErrDamaged) {
			t.Fatalf("another format: %v", err)
		}
	})
}

func TestNumbersThatAreNone(t *testing.T) {
	v := value{fs: []float64{math.Inf(1), math.Inf(-1), math.NaN(), math.Copysign(0, -1)}}
	var got value
	if err := Decode("f", Encode("f", v.flat), got.flat); err != nil {
		t.Fatal(err)
	}
	for i, x := range v.fs {
		if math.Float64bits(x) != math.Float64bits(got.fs[i]) {
			t.Errorf("%g is read as %g", x, got.fs[i])
		}
	}
}

// sealed is a file of our own making whose checksum holds.
func sealed(body []byte) []byte {
	file := append([]byte("f\n"), body...)
	sum := sha256.Sum256(file)
	return append(file, sum[:]...)
}

// Lengths behind a checksum that holds are checked before memory is taken.
func TestClaimsTakeNoMemory(t *testing.T) {
	visits := map[string]func(*Stream){
		"bytes": func(s *Stream) { s.Bytes(new([]byte)) }, "text": func(s *Stream) { s.Text(new(string)) }, "texts": func(s *Stream) { s.Texts(new([]string)) },
		"floats": func(s *Stream) { s.Floats(new([]float64)) }, "small": func(s *Stream) { s.Floats32(new([]float32)) },
		"lists": func(s *Stream) { List(s, new([][]float32), s.Floats32) },
	}
	for name, visit := range visits {
		for _, n := range []uint64{9, 1 << 40, 1<<63 - 1, 1 << 63, math.MaxUint64} {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			err := Decode("f", sealed(binary.LittleEndian.AppendUint64(nil, n)), visit)
			runtime.ReadMemStats(&after)
			if !errors.Is(err, ErrDamaged) || after.TotalAlloc-before.TotalAlloc > 1<<20 {
				t.Errorf("%s of %d: %v, %d bytes taken", name, n, err, after.TotalAlloc-before.TotalAlloc)
			}
		}
	}
}

func TestRefused(t *testing.T) {
	whole := Encode("f", (&value{is: []int{1, 2}, ts: []string{"a"}}).flat)
	for n := range whole {
		if err := Decode("f", whole[:n], new(value).flat); !errors.Is(err, ErrDamaged) {
			t.Errorf("cut at %d: %v", n, err)
		}
		bad := bytes.Clone(whole)
		bad[n] ^= 4
		if err := Decode("f", bad, new(value).flat); !errors.Is(err, ErrDamaged) {
			t.Errorf("byte %d changed: %v", n, err)
		}
	}
	if err := Decode("f", sealed(make([]byte, 8)), func(*Stream) {}); !errors.Is(err, ErrDamaged) {
		t.Errorf("surplus bytes: %v", err)
	}
	if err := Decode("f", sealed([]byte{2, 0, 0, 0, 0, 0, 0, 0}), func(s *Stream) { s.Bool(new(bool)) }); !errors.Is(err, ErrDamaged) {
		t.Errorf("a truth value of 2: %v", err)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte{})
	whole := Encode("f", (&value{i: 3, t: "text", rows: [][]float32{{1}, nil, {2, 3}}}).flat)
	f.Add(whole[2 : len(whole)-sha256.Size])
	f.Fuzz(func(t *testing.T, body []byte) {
		var v value
		if Decode("f", sealed(body), v.flat) != nil {
			return
		}
		if again := Encode("f", v.flat); !bytes.Equal(again, sealed(body)) {
			t.Error("what was read is written in other bytes")
		}
	})
}
