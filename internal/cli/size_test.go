package cli

import "testing"

func TestParseSize(t *testing.T) {
	for s, want := range map[string]Size{
		"2GB": 2e9, "500 mb": 5e8, "1.5GiB": 3 << 29, "64k": 64_000, "100": 100, "1B": 1, " 3 TiB ": 3 << 40,
	} {
		if got, err := ParseSize(s); err != nil || got != want {
			t.Errorf("ParseSize(%q) = %d, %v, not %d", s, got, err, want)
		}
	}
	for _, s := range []string{"", "GB", "0", "-1GB", "2XB", "NaN", "inf", "1e30GB", "0.1", "2GB2"} {
		if got, err := ParseSize(s); err == nil {
			t.Errorf("ParseSize(%q) = %d", s, got)
		}
	}
}
