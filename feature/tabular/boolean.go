package tabular

// booleanFit has nothing to learn but whether values are missing.
type booleanFit struct{ absent int }

var _ fieldFit = (*booleanFit)(nil)

func (f *booleanFit) fresh() fieldFit { return &booleanFit{} }
func (f *booleanFit) missing() *int   { return &f.absent }
func (f *booleanFit) add(cell)        {}

func (f *booleanFit) merge(other fieldFit) bool {
	_, ok := other.(*booleanFit)
	return ok
}

func (f *booleanFit) state() fieldState { return fieldState{Kind: "boolean"} }
