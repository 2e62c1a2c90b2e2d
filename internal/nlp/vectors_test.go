package nlp

import (
	"fmt"
	"maps"
	"strings"
	"testing"
)

func readAll(in string) (map[string]string, int, error) {
	got := map[string]string{}
	dim, err := ReadVectors(strings.NewReader(in), func([]byte) bool { return true },
		func(word []byte, v []float32) { got[string(word)] = fmt.Sprint(v) })
	return got, dim, err
}

func TestReadVectors(t *testing.T) {
	want := map[string]string{"the": "[1 2.5]", ". . .": "[-1 0.001]", "很": "[0 3]"}
	for name, in := range map[string]string{
		"GloVe":    "the 1 2.5\n. . . -1 1e-3\n很 0 3\n",
		"word2vec": "3 2\nthe 1 2.5 \n. . . -1 1e-3\n很 0 3",
		"fastText": "3 2\r\nthe 1 2.5\r\n. . . -1 1e-3\r\n很 0 3\r\n",
		"tabs":     "\xef\xbb\xbfthe\t1\t2.5\n. . .\t-1\t1e-3\n\n很  0  3\n",
	} {
		got, dim, err := readAll(in)
		if err != nil || dim != 2 || !maps.Equal(got, want) {
			t.Errorf("%s: %v, width %d, %v", name, got, dim, err)
		}
	}
}

func TestReadVectorsSaysWhatIsWrong(t *testing.T) {
	f := func(in, want string) {
		t.Helper()
		if _, _, err := readAll(in); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q: %v, want %q", in, err, want)
		}
	}
	f("", "none")
	f("3 2\n", "none")
	f("hello world\n", "line 1")
	f("a 1 2\nb 1\n", "line 2")
	f("2 2\na 1 2\nb 0.5 1 2\n", "line 3: more than 2 values")
	f("a 1 2\nb x 2\n", `line 2: word "b": value 1 is no number: "x"`)
	f("a 1 2\nb NaN 2\n", "line 2")
	f("a 1 2\n"+strings.Repeat("x", maxVectorLine+1), "line 2 is longer")
	f("9 100000\n", "line 1")
}

func FuzzReadVectors(f *testing.F) {
	f.Add("3 2\nthe 1 2.5\n. . . -1 1e-3\n")
	f.Add("a 1\nb 2\n")
	f.Fuzz(func(t *testing.T, in string) {
		dim, err := ReadVectors(strings.NewReader(in), func([]byte) bool { return true }, func(word []byte, v []float32) {
			for _, x := range v {
				if len(word) == 0 || x-x != 0 {
					t.Fatalf("%q: %v", word, v)
				}
			}
		})
		if (err == nil) != (dim > 0) {
			t.Fatalf("width %d, %v", dim, err)
		}
	})
}
