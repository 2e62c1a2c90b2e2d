package termtext

import "testing"

func TestPrintable(t *testing.T) {
	f := func(in, whole, line string) {
		t.Helper()
		if got := Printable(in); got != whole {
			t.Errorf("Printable(%q) = %q, want %q", in, got, whole)
		}
		if got := Line(in); got != line {
			t.Errorf("Line(%q) = %q, want %q", in, got, line)
		}
	}
	f("图像 a", "图像 a", "图像 a")
	f("a\tb\r\nc", "a b \nc", "a b  c")
	f("\x1b[31mred\x00", "\uFFFD[31mred\uFFFD", "\uFFFD[31mred\uFFFD")
	f("bad \xff", "bad \uFFFD", "bad \uFFFD")
}

func TestCut(t *testing.T) {
	f := func(in string, width int, want string) {
		t.Helper()
		if got := Cut(in, width); got != want || Width(got) > width {
			t.Errorf("Cut(%q, %d) = %q, want %q", in, width, got, want)
		}
	}
	f("short", 5, "short")
	f("shorter", 5, "shor…")
	f("图像视图", 5, "图像…")
	f("图像视图", 4, "图…")
}
