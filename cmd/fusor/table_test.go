package main

import (
	"io"
	"strings"
	"testing"

	"github.com/fusor-ml/fusor/internal/termtext"
)

// A table stays within a narrow terminal, long names in the first column as well.
func TestNarrowTable(t *testing.T) {
	for _, columns := range []string{"40", "50", "60"} {
		t.Setenv("COLUMNS", columns)
		tab := newTable("column", "kind", "views")
		tab.add("这是一个非常非常非常长的评论内容列的名字啊啊", "text", "lexical (more: syntactic, semantic)")
		tab.add("short", "image", "color, shape, texture")
		shown := tab.render(io.Discard)
		for l := range strings.Lines(shown) {
			if n := termtext.Width(strings.TrimRight(l, "\n")); n > width(io.Discard) {
				t.Errorf("at %s: %d cells: %s", columns, n, l)
			}
		}
		for _, want := range []string{"啊", "syntactic", "texture"} {
			if !strings.Contains(shown, want) {
				t.Errorf("at %s: %s is lost:\n%s", columns, want, shown)
			}
		}
	}
	t.Setenv("COLUMNS", "40")
	chinese := newTable("a", "b")
	chinese.add("micro_f1", "把所有行的所有标签放在一起算 F1：常见标签影响更大")
	if shown := chinese.render(io.Discard); !strings.Contains(shown, "放在一起算\n          F1：常见标签影响更大") {
		t.Errorf("Chinese is broken as English is:\n%s", shown)
	}
	tab := newTable("case, ms", "one", "other")
	tab.add("bilstm_large/train/256", "345.9916", "473.2688 to 512.1234")
	if shown := tab.render(io.Discard); !strings.Contains(shown, "bilstm_large/train/256") {
		t.Errorf("a name is broken:\n%s", shown)
	}
}
