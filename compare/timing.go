package compare

import "encoding/json"

// formatVersion is raised when a name in compare.json changes.
const formatVersion = 2

// Timing is all of a result that differs between two equal runs: times and paths.
// See docs/decisions/0024-timing.md.
type Timing struct {
	Seconds float64  `json:"seconds,omitempty"` // of the whole run
	Command []string `json:"command,omitempty"` // with its paths
	// FitSeconds is of the only fit, Fits of several.
	FitSeconds float64   `json:"fit_seconds,omitempty"`
	Fits       []FitTime `json:"fits,omitempty"`
}

// FitTime is how long one entry took to fit.
type FitTime struct {
	Name       string  `json:"name"`
	Kind       string  `json:"kind"`
	FitSeconds float64 `json:"fit_seconds"` // mean of the runs
}

// NewTiming returns the timing of rows that were fitted in a run.
func NewTiming(seconds float64, command []string, rows []Row) Timing {
	t := Timing{Seconds: seconds, Command: command}
	for _, r := range rows {
		if r.FitSeconds > 0 {
			t.Fits = append(t.Fits, FitTime{r.Name, r.Kind, r.FitSeconds})
		}
	}
	return t
}

// MarshalJSON writes compare.json.
func (c Comparison) MarshalJSON() ([]byte, error) {
	type plain Comparison
	return json.Marshal(struct {
		Version int `json:"version"`
		plain
		Timing Timing `json:"timing"`
	}{formatVersion, plain(c), NewTiming(c.Run.Seconds, c.Run.Command, c.Rows)})
}
