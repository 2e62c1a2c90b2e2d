package dataset

import (
	"fmt"
	"strings"
	"testing"
)

// Numbers and dates that cannot be read as such are told, for as texts they say nothing.
func TestStrangeColumns(t *testing.T) {
	f := func(cell func(i int) string, want string) {
		t.Helper()
		ds := accepted(t, "m.tsv", manifestOf(40, "label\ttext\tother", func(i int) string {
			return fmt.Sprintf("%c\tsome words %d here\t%s", 'a'+i%2, i, cell(i))
		}), Options{})
		got := ""
		for _, p := range ds.Problems {
			if p.Column == "other" {
				got += p.String()
			}
		}
		if want == "" && strings.Contains(got, "looks like") || !strings.Contains(got, want) {
			t.Errorf("%s: %q does not say %q", cell(0), got, want)
		}
	}
	f(func(i int) string { return fmt.Sprintf("%d'%03d", i+1, 7*i%1000) }, "")
	f(func(i int) string { return fmt.Sprintf("%d元", i%7) }, "the numbers are read without their unit, 元")
	f(func(i int) string { return fmt.Sprintf("%d,%03d", i+1, 7*i%1000) }, `"1,000" is read as 1000, with a comma between thousands: no cell tells whether it is a decimal one; write them as 1234.5`)
	f(func(i int) string { return fmt.Sprintf("%d,%03d", 1000*i+1, 7*i%1000) }, "") // some are far too long for thousands
	f(func(i int) string { return fmt.Sprintf("%02d/%02d/2024", i%12+1, i%9+1) }, "day and month cannot be told apart")
	f(func(i int) string { return fmt.Sprintf("%d.%d.%d", i, i%3, i) }, "") // versions
	f(func(i int) string { return fmt.Sprintf("%d:30", i) }, "")
	f(func(i int) string { return fmt.Sprintf("%d", i) }, "")
	f(func(i int) string { return fmt.Sprintf("no. %d, again", i) }, "")
	f(func(i int) string { return fmt.Sprintf("%c%d", "<~>≥"[i%3], i) }, `"<0" counts as 0`)
	f(func(i int) string { return fmt.Sprintf("%d%s", i, []string{"", "+", "*"}[i%3]) }, `looks like numbers, but "2*" cannot be read as one`)
	f(func(i int) string { return fmt.Sprintf("%d.5K", i) }, "the numbers are read without their unit, K")
	f(func(i int) string { return fmt.Sprintf("%d %s", i, []string{"kg", "g"}[i%2]) }, "looks like numbers, but of different units, g and kg")
	f(func(i int) string { return fmt.Sprintf("%d%c", i, 'A'+i%3) }, "")
	f(func(i int) string { return fmt.Sprintf("%d%s", i, []string{"st", "nd", "rd", "th"}[i%4]) }, "")
	f(func(i int) string {
		if i%6 == 0 {
			return "not reported"
		}
		return fmt.Sprintf("%d.5", i)
	}, `33 of 40 cells are numbers, but others, such as "not reported", are not; taken as`)
	f(func(i int) string { return fmt.Sprintf("%d Mar 2024", i%28+1) }, "")
}

// Web addresses are noted where nothing else tells that media were meant; text around one is text.
func TestWebAddresses(t *testing.T) {
	for cell, want := range map[string]bool{
		"https://cdn.example.com/i/%d?w=200": true,
		"s3://bucket/%[1]x/q%[1]d":           true,
		"see https://example.com/%d":         false,
		"news://%d":                          false,
	} {
		content := manifestOf(40, "label\tphoto\ttext", func(i int) string {
			return fmt.Sprintf("%c\t"+cell+"\tsome words %d", 'a'+i%2, i, i)
		})
		ds := accepted(t, "m.tsv", content, Options{})
		if got := strings.Contains(ds.Problems.Error(), `column "photo": holds web addresses; taken as `); got != want {
			t.Errorf("%s: noted %v: %v", cell, got, ds.Problems)
		}
	}
}
