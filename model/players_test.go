package model

import (
	"slices"
	"testing"
)

func TestPlayersAreColumnsOrTheViewsOfAnOnlyOne(t *testing.T) {
	f := func(views []View, want []string, of []int) {
		t.Helper()
		names, got := Players(views)
		if !slices.Equal(names, want) || !slices.Equal(got, of) {
			t.Errorf("%v: players %v of %v, want %v of %v", views, names, got, want, of)
		}
	}
	a1, a2, b := View{Name: "a.x", Column: "a"}, View{Name: "a.y", Column: "a"}, View{Name: "b.x", Column: "b"}
	f([]View{a1, a2, b}, []string{"a", "b"}, []int{0, 0, 1})
	f([]View{a1, a2}, []string{"a.x", "a.y"}, []int{0, 1})
	f([]View{b}, []string{"b"}, []int{0})
	if got := Hidden([]int{0, 0, 1}, []bool{false, true}); !slices.Equal(got, []bool{true, true, false}) {
		t.Errorf("only the second player present hides %v", got)
	}
}
