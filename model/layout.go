package model

// Layout is the rows of one batch; Groups holds the lengths of the runs of rows
// that are one group in order, where a fusion runs over rows.
type Layout struct {
	Rows, Groups []int
}

// evalRows is the number of rows of a batch that is only predicted.
const evalRows = 256

// Layout lays rows of a set out in batches for prediction: whole groups in their order where the
// fusion runs over rows, else as given.
func (m *Model) Layout(set *Set, rows []int) []Layout {
	if !m.OverRows() {
		return Chunks(rows, evalRows)
	}
	return Packed(set.Groups.Within(rows), evalRows)
}

// Chunks cuts rows into batches of the given size. A rest of less than a
// quarter joins the batch before it: alone it would be a noisy step.
func Chunks(rows []int, size int) []Layout {
	var out []Layout
	for len(rows) > 0 {
		n := min(size, len(rows))
		if rest := len(rows) - n; rest < (size+3)/4 {
			n = len(rows)
		}
		out = append(out, Layout{Rows: rows[:n]})
		rows = rows[n:]
	}
	return out
}

// Packed joins whole groups until a batch has at least size rows.
func Packed(groups [][]int, size int) []Layout {
	var out []Layout
	var b Layout
	for _, g := range groups {
		b.Rows, b.Groups = append(b.Rows, g...), append(b.Groups, len(g))
		if len(b.Rows) >= size {
			out, b = append(out, b), Layout{}
		}
	}
	if len(b.Rows) > 0 {
		out = append(out, b)
	}
	return out
}
