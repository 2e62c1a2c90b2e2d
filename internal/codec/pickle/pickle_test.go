package pickle

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The float32 array [[1, 2, 3], [4, 5, 200.5]] as Python 3 pickles it in each protocol.
var protocols = map[string]string{
	"2": "\x80\x02cnumpy._core.multiarray\n_reconstruct\nq\x00cnumpy\nndarray\nq\x01K\x00\x85q\x02c_codecs\nencode\nq\x03X\x01\x00\x00\x00bq\x04X\x06\x00\x00\x00latin1q\x05\x86q\x06Rq\x07\x87q\x08Rq\t(K\x01K\x02K\x03\x86q\ncnumpy\ndtype\nq\x0bX\x02\x00\x00\x00f4q\x0c\x89\x88\x87q\rRq\x0e(K\x03X\x01\x00\x00\x00<q\x0fNNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tq\x10b\x89h\x03X\x1c\x00\x00\x00\x00\x00\xc2\x80?\x00\x00\x00@\x00\x00@@\x00\x00\xc2\x80@\x00\x00\xc2\xa0@\x00\xc2\x80HCq\x11h\x05\x86q\x12Rq\x13tq\x14b.",
	"3": "\x80\x03cnumpy._core.multiarray\n_reconstruct\nq\x00cnumpy\nndarray\nq\x01K\x00\x85q\x02C\x01bq\x03\x87q\x04Rq\x05(K\x01K\x02K\x03\x86q\x06cnumpy\ndtype\nq\x07X\x02\x00\x00\x00f4q\x08\x89\x88\x87q\tRq\n(K\x03X\x01\x00\x00\x00<q\x0bNNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tq\x0cb\x89C\x18\x00\x00\x80?\x00\x00\x00@\x00\x00@@\x00\x00\x80@\x00\x00\xa0@\x00\x80HCq\rtq\x0eb.",
	"4": "\x80\x04\x95\xa3\x00\x00\x00\x00\x00\x00\x00\x8c\x16numpy._core.multiarray\x94\x8c\x0c_reconstruct\x94\x93\x94\x8c\x05numpy\x94\x8c\x07ndarray\x94\x93\x94K\x00\x85\x94C\x01b\x94\x87\x94R\x94(K\x01K\x02K\x03\x86\x94h\x03\x8c\x05dtype\x94\x93\x94\x8c\x02f4\x94\x89\x88\x87\x94R\x94(K\x03\x8c\x01<\x94NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00t\x94b\x89C\x18\x00\x00\x80?\x00\x00\x00@\x00\x00@@\x00\x00\x80@\x00\x00\xa0@\x00\x80HC\x94t\x94b.",
	"5": "\x80\x05\x95\x8e\x00\x00\x00\x00\x00\x00\x00\x8c\x13numpy._core.numeric\x94\x8c\x0b_frombuffer\x94\x93\x94(\x96\x18\x00\x00\x00\x00\x00\x00\x00\x00\x00\x80?\x00\x00\x00@\x00\x00@@\x00\x00\x80@\x00\x00\xa0@\x00\x80HC\x94\x8c\x05numpy\x94\x8c\x05dtype\x94\x93\x94\x8c\x02f4\x94\x89\x88\x87\x94R\x94(K\x03\x8c\x01<\x94NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00t\x94bK\x02K\x03\x86\x94\x8c\x01C\x94t\x94R\x94.",
}

// dict is {"x": the array above, "y": int64 [-7]} in protocol 4.
const dict = "\x80\x04\x95\xe1\x00\x00\x00\x00\x00\x00\x00}\x94(\x8c\x01x\x94\x8c\x16numpy._core.multiarray\x94\x8c\x0c_reconstruct\x94\x93\x94\x8c\x05numpy\x94\x8c\x07ndarray\x94\x93\x94K\x00\x85\x94C\x01b\x94\x87\x94R\x94(K\x01K\x02K\x03\x86\x94h\x05\x8c\x05dtype\x94\x93\x94\x8c\x02f4\x94\x89\x88\x87\x94R\x94(K\x03\x8c\x01<\x94NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00t\x94b\x89C\x18\x00\x00\x80?\x00\x00\x00@\x00\x00@@\x00\x00\x80@\x00\x00\xa0@\x00\x80HC\x94t\x94b\x8c\x01y\x94h\x04h\x07h\x08h\t\x87\x94R\x94(K\x01K\x01\x85\x94h\x0e\x8c\x02i8\x94\x89\x88\x87\x94R\x94h\x13b\x89C\x08\xf9\xff\xff\xff\xff\xff\xff\xff\x94t\x94bu."

func TestRead(t *testing.T) {
	for name, data := range protocols {
		got, err := Read[float32]([]byte(data))
		if err != nil {
			t.Errorf("protocol %s: %v", name, err)
			continue
		}
		if len(got) != 1 || got[0].Name != "" {
			t.Errorf("protocol %s: got %d arrays", name, len(got))
			continue
		}
		if diff := cmp.Diff([]float32{1, 2, 3, 4, 5, 200.5}, got[0].Data); diff != "" || !cmp.Equal(got[0].Shape, []int{2, 3}) {
			t.Errorf("protocol %s: shape %v %s", name, got[0].Shape, diff)
		}
	}
}

func TestReadVariants(t *testing.T) {
	f := func(old, replacement string, want []float32) {
		t.Helper()
		data := strings.Replace(protocols["3"], old, replacement, 1)
		got, err := Read[float32]([]byte(data))
		if err != nil {
			t.Error(err)
			return
		}
		if diff := cmp.Diff(want, got[0].Data); diff != "" {
			t.Error(diff)
		}
	}
	f("numpy._core.", "numpy.core.", []float32{1, 2, 3, 4, 5, 200.5}) // NumPy 1
	f("b\x89C", "b\x88C", []float32{1, 3, 5, 2, 4, 200.5})            // Fortran order
}

func TestReadDict(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.pkl")
	if err := os.WriteFile(path, []byte(dict), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := ReadFile[float64](path)
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 2 || got[0].Name != "x" || got[1].Name != "y" || got[0].Data[5] != 200.5 || got[1].Data[0] != -7 {
		t.Errorf("got %+v", got)
	}
	if _, err := ReadFile[float64](filepath.Dir(path)); err == nil {
		t.Error("a directory was read")
	}
}

func TestReadRefuses(t *testing.T) {
	f := func(data, want string) {
		t.Helper()
		if _, err := Read[float32]([]byte(data)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q: error %v, want %q", data, err, want)
		}
	}
	f("", "not a pickle")
	f("id,label\n1,a\n", "not a pickle")
	f("(lp0\nI1\na.", "not a pickle of protocol 2 to 5") // protocol 0
	f("cnumpy.core.multiarray\n_reconstruct\np0\n(cnumpy\nndarray\np1\n(I0\ntp2\n", "protocol 0 or 1, and 2 to 5 are read")
	f("(dp0\nVx\np1\ncnumpy._core.multiarray\n_reconstruct\np2\n", "protocol 0 or 1, and 2 to 5 are read")
	f("\x80\x09.", "protocol 9")
	f("\x80\x02cposix\nsystem\nq\x00X\x07\x00\x00\x00echo hiq\x01\x85q\x02Rq\x03.", "posix.system")
	f("\x80\x04\x95\"\x00\x00\x00\x00\x00\x00\x00\x8c\x05posix\x94\x8c\x06system\x94\x93\x94\x8c\x07echo hi\x94\x85\x94R\x94.", "posix.system")
	f("\x80\x02cbuiltins\neval\nX\x01\x00\x00\x001\x85R.", "builtins.eval")
	f("\x80\x02ctorch\nload\n.", "torch.load")
	f("\x80\x02ccollections\nOrderedDict\n)R.", "no array")
	f("\x80\x02]q\x00(K\x01K\x02e.", "item 0 is no array (the value 1)")
	f("\x80\x02N.", "no array (None)")
	f("\x80\x02]q\x00h\x00a.", "nested") // a list that holds itself
	f("\x80\x02(c__main__\nA\no.", "other than arrays")
	f("\x80\x02(i__main__\nA\n.", "other than arrays")
	f("\x80\x02K\x01Q.", "other than arrays")
	f("\x80\x02\x8a\x00.", "damaged")
	f("\x80\x02}(K\x01u.", "damaged")
	f("\x80\x04\x8e\xff\xff\xff\xff\xff\xff\xff\x7f.", "claimed")
	f("\x80\x04\x95\xff\xff\xff\xff\xff\xff\xff\xff.", "claimed")
	f("\x80\x03B\xff\xff\xff\xff.", "claimed")
	f("\x80\x03K\x01", "does not end")
	f("\x80\x02"+strings.Repeat("(", maxMarks+1)+".", "marks")
	f("\x80\x02"+strings.Repeat("N0", maxOpcodes)+".", "instructions")
	f(strings.Replace(protocols["3"], "K\x02K\x03", "K\x02K\x04", 1), "needs 8 values")
	f(strings.Replace(protocols["3"], "X\x02\x00\x00\x00f4", "X\x02\x00\x00\x00O8", 1), "Python objects")
	f(strings.Replace(protocols["3"], "X\x02\x00\x00\x00f4", "X\x02\x00\x00\x00b1", 1), "needs 6 values")
	for cut := range len(dict) {
		if _, err := Read[float32]([]byte(dict[:cut])); err == nil {
			t.Errorf("the first %d of %d bytes were read", cut, len(dict))
		}
	}
}

// TestRepeatedArrayIsBounded refuses a small file that refers to one array again and again.
func TestRepeatedArrayIsBounded(t *testing.T) {
	inner := strings.TrimSuffix(protocols["3"], ".")
	data := strings.Replace(inner, "\x80\x03", "\x80\x03](", 1) + "r\x01\x01\x00\x00" + strings.Repeat("j\x01\x01\x00\x00", 200) + "e."
	if _, err := Read[float32]([]byte(data)); err == nil || !strings.Contains(err.Error(), "more arrays than bytes") {
		t.Errorf("error %v", err)
	}
}

func FuzzRead(f *testing.F) {
	for _, name := range []string{"2", "3", "4", "5"} {
		f.Add([]byte(protocols[name]))
	}
	f.Add([]byte(dict))
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := Read[float32](data)
		if err != nil {
			return
		}
		total := 0
		for _, a := range got {
			total += len(a.Data)
		}
		if total > len(data) {
			t.Fatalf("%d values from %d bytes", total, len(data))
		}
	})
}
