package explain_test

import (
	"fmt"

	"github.com/fusor-ml/fusor/explain"
)

// The area under a curve of scores as noise grows, and how it compares with a baseline that starts
// lower.
func ExampleArea() {
	levels := []float64{0, 0.1, 0.3}
	scores := []float64{0.9, 0.8, 0.6}
	baseline := []float64{0.8, 0.5, 0.2}
	fmt.Printf("%.3f %.2f\n", explain.Area(levels, scores), explain.Effective(scores, baseline))
	// Output: 0.750 0.50
}
