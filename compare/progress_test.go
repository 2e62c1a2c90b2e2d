package compare

import (
	"testing"
	"time"

	"github.com/fusor-ml/fusor/eval"
)

// TestPace checks the time left against fits of known cost: two singles of 1 s, four fusions of
// 10 s, three runs on two cores.
func TestPace(t *testing.T) {
	names := []string{"a", "b", "mean", "concat", "gated", "late"}
	var p pace
	var wall time.Duration
	for run := range 3 {
		for i, name := range names {
			e, seconds := Entry{Name: name, Kind: eval.Single}, 1.0
			if i >= 2 {
				e.Kind, seconds = eval.Fusion, 10
			}
			p.add(&e, seconds, false)
			wall += time.Duration(seconds / 2 * float64(time.Second))
			left := p.left(len(names), 3, wall)
			if run == 0 && i < 4 {
				if left != 0 {
					t.Errorf("%v are left after %d fits that say nothing", left, i+1)
				}
				continue
			}
			if want := 3*21*time.Second - wall; (left - want).Abs() > time.Second/100 {
				t.Errorf("run %d, %s: %v are left, not %v", run, name, left, want)
			}
		}
	}
}
