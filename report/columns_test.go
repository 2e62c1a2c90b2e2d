package report

import (
	"regexp"
	"strings"
	"testing"
)

// Sections go where the page is shorter so far; what is folded takes a line.
func TestColumns(t *testing.T) {
	section := func(id string, lines int, more string) func(p *page) {
		return func(p *page) {
			p.raw(`<section id="`, id, `">`)
			p.put("p", strings.Repeat("word ", 12*lines))
			p.raw(more, "</section>")
		}
	}
	folded := "<details><summary>more</summary><figure>" +
		`<details><svg width="480" height="900"></svg></details><svg width="480" height="900"></svg></figure></details>`
	var p page
	var c columns
	c.add(&p, section("a", 20, ""))
	c.add(&p, section("b", 5, folded))
	c.add(&p, section("c", 4, `<figure><div class="wide"><svg width="480" height="700"></svg></div><svg width="340" height="900"></svg></figure>`))
	c.add(&p, section("d", 2, ""))
	var got []string
	for _, m := range regexp.MustCompile(`<div class="([lr])"><section id="(.)"`).FindAllStringSubmatch(p.b.String(), -1) {
		got = append(got, m[2]+m[1])
	}
	if want := "al br cr dl"; strings.Join(got, " ") != want {
		t.Errorf("placed %v, want %s", got, want)
	}
}
