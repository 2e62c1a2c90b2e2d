package termtext

import (
	"slices"
	"strings"
	"testing"
)

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

// Nothing is lost, no line is wider, and what follows a broken word goes on in its last line.
func TestWrapLongWord(t *testing.T) {
	const s = "see /a/very/long/path/图像/of_a_picture.jpg for it"
	for width := 2; width < 60; width++ {
		lines := Wrap(s, width)
		if got := strings.ReplaceAll(strings.Join(lines, ""), " ", ""); got != strings.ReplaceAll(s, " ", "") {
			t.Errorf("at %d: %q", width, lines)
		}
		if n := Widest(lines); n > width {
			t.Errorf("at %d: a line of %d columns: %q", width, n, lines)
		}
	}
	if got, want := Wrap("abcdefgh ij", 6), []string{"abcdef", "gh ij"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// A percentage stays on one line, and its space stays a space.
func TestWrapPercent(t *testing.T) {
	for width := 20; width < 60; width++ {
		lines := Wrap("最好的单一模态 table 为 64.2 %（差值 +8.3 个百分点），at most 12.5 % of the rows", width)
		for _, l := range lines {
			if strings.HasPrefix(l, "%") || strings.Contains(l, "\u00a0") || Width(l) > width {
				t.Errorf("at %d: %q", width, lines)
			}
		}
	}
}

// A flag or a path stays on one line, and a line may end behind full-width punctuation.
func TestWrapTechnical(t *testing.T) {
	f := func(s string, width int, want ...string) {
		t.Helper()
		if got := Wrap(s, width); !slices.Equal(got, want) {
			t.Errorf("Wrap(%q, %d) = %q, want %q", s, width, got, want)
		}
	}
	f("taken by default; --views of train", 22, "taken by default;", "--views of train")
	f("a (default: split; none with --split-column=).", 34, "a (default: split; none with", "--split-column=).")
	f("repeatable; see docs/encoders.md", 22, "repeatable; see", "docs/encoders.md")
	f("a left-out row", 8, "a left-", "out row")
	f("地址：主机（默认 127.0.0.1:8080，$FUSOR_LISTEN）", 34, "地址：主机（默认 127.0.0.1:8080，", "$FUSOR_LISTEN）")
	f("放在一起算 F1：常见标签影响更大", 16, "放在一起算 F1：", "常见标签影响更大")
	f("路径（见“a”）。", 8, "路径（见", "“a”）。")
	f("（“甲”，“乙”）", 8, "（“甲”，", "“乙”）")
	f("https://example.org/a/very/long/path", 20, "https://example.org/", "a/very/long/path")
}
