package feature

// Leveler is a state that knows the levels of the categories it was fitted on.
type Leveler interface {
	// Levels returns the levels of each field, the most frequent first; nil of a field that is no
	// category.
	Levels() [][]string
}
