package train

import "math"

// Stopping is the state of early stopping.
type Stopping struct {
	Chosen, ChosenError float64 // the chosen epoch's validation loss and its standard error
	Lowest              float64 // the lowest loss so far, from whose epoch patience counts
	LowestEpoch         int
}

// see takes an epoch's loss and reports whether that epoch is now the chosen one.
func (s *Stopping) see(epoch int, loss, se, margin float64) bool {
	if loss < s.Lowest || s.LowestEpoch == 0 {
		s.Lowest, s.LowestEpoch = loss, epoch
	}
	if math.IsInf(s.Chosen, 1) || loss < s.Chosen-margin*s.ChosenError {
		s.Chosen, s.ChosenError = loss, se
		return true
	}
	return false
}
