package feature

import "testing"

func TestDigestSeesEveryChange(t *testing.T) {
	digest := func(name string, rows ...Raw) string {
		t.Helper()
		s := NewStore(4)
		for i, r := range rows {
			if err := s.Put(i, r); err != nil {
				t.Fatal(err)
			}
		}
		d, err := (&Features{Refs: []Ref{{Name: name}}, Stores: []*Store{s}}).Digest()
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	vector := func(v ...float32) Raw { return Raw{Values: v, Dim: len(v)} }
	want := digest("a.b", vector(1, 2), Raw{}, vector(3, 4))
	if got := digest("a.b", vector(1, 2), Raw{}, vector(3, 4)); got != want {
		t.Error("the same features give another digest")
	}
	for name, got := range map[string]string{
		"a value": digest("a.b", vector(1, 2), Raw{}, vector(3, 5)),
		"a row":   digest("a.b", vector(1, 2), vector(3, 4)),
		"a view":  digest("a.c", vector(1, 2), Raw{}, vector(3, 4)),
		"a shape": digest("a.b", Raw{Values: []float32{1, 2}, Dim: 1, Steps: 2}, Raw{}, vector(3, 4)),
		"none":    digest("a.b"),
	} {
		if got == want {
			t.Errorf("%s changed, the digest did not", name)
		}
	}
}
