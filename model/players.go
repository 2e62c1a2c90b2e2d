package model

// Players returns what the views of a model are hidden by: its columns or, if it has only one, the
// views of that. of[v] is the player that view v belongs to.
func Players(views []View) (names []string, of []int) {
	single := true
	for _, v := range views {
		single = single && v.Column == views[0].Column
	}
	index := map[string]int{}
	for _, v := range views {
		name := v.Column
		if single && len(views) > 1 {
			name = v.Name
		}
		k, ok := index[name]
		if !ok {
			k = len(names)
			index[name] = k
			names = append(names, name)
		}
		of = append(of, k)
	}
	return names, of
}

// Hidden returns, for each view, whether it is hidden where only some players are present.
func Hidden(of []int, present []bool) []bool {
	hide := make([]bool, len(of))
	for v, k := range of {
		hide[v] = !present[k]
	}
	return hide
}
