package artifact

import (
	"fmt"
	"math"

	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/model"
)

// plainSize is an axis that costs nothing to build, whatever the file holds.
const plainSize = 4096

// fits reports where the parts of a manifest contradict each other, or claim
// more than a file of so many weights can hold. A checksum
// reports that a file is whole, not that one program wrote all of it.
func (a *Artifact) fits(weights int) error {
	// Sizes come first: a few bytes may claim a network that would take all memory to build.
	axes := axesOf(&a.Spec)
	for _, axis := range axes {
		if axis < 0 || axis > max(plainSize, weights) {
			return fmt.Errorf("%w: a network of size %d in a file of %d weights", ErrDamaged, axis, weights)
		}
	}
	if len(a.Views) != len(a.Spec.Views) {
		return fmt.Errorf("%w: %d views, but a network of %d", ErrDamaged, len(a.Views), len(a.Spec.Views))
	}
	for i, v := range a.Views {
		// By name, since a view of the same width in the wrong place gives wrong answers without an
		// error.
		s := a.Spec.Views[i]
		if v.Name != s.Name || v.Column != s.Column {
			return fmt.Errorf("%w: view %s stands where the network has %s", ErrDamaged, v.Name, s.Name)
		}
		if d := a.States[i].Dim(); d != s.Dim {
			return fmt.Errorf("%w: view %s has width %d, the network takes %d", ErrDamaged, v.Name, d, s.Dim)
		}
	}
	if !a.Conformal.Finite() {
		return fmt.Errorf("%w: the scores of the validation rows hold a NaN or an infinity", ErrDamaged)
	}
	if a.Spec.Regression != (a.Schema.Task == dataset.Regression) || a.Spec.Multilabel != (a.Schema.Task == dataset.Multilabel) {
		return fmt.Errorf("%w: the network is not one for the task %q", ErrDamaged, a.Schema.Task)
	}
	if a.Spec.Regression {
		// Written so that NaN fails as well; likewise below.
		if a.Spec.Outputs != 1 || !(a.TargetStd > 0) || math.IsInf(a.TargetStd+a.TargetMean, 0) || math.IsNaN(a.TargetMean) {
			return fmt.Errorf("%w: %d outputs with mean %g and deviation %g", ErrDamaged, a.Spec.Outputs, a.TargetMean, a.TargetStd)
		}
		return nil
	}
	if a.Spec.Outputs != len(a.Schema.Classes) {
		return fmt.Errorf("%w: %d outputs for %d classes", ErrDamaged, a.Spec.Outputs, len(a.Schema.Classes))
	}
	if n := len(a.Thresholds); (a.Spec.Multilabel || n > 0) && n != len(a.Schema.Classes) {
		return fmt.Errorf("%w: %d thresholds for %d labels", ErrDamaged, n, len(a.Schema.Classes))
	}
	for _, t := range a.Thresholds {
		// Scores are divided by the thresholds of classes; those of labels are only compared with.
		if !(t >= 0 && t <= 1) || t == 0 && !a.Spec.Multilabel {
			return fmt.Errorf("%w: the threshold %g of a label", ErrDamaged, t)
		}
	}
	if n := len(a.Schema.Labels); n > 0 && n != len(a.Schema.Classes) {
		return fmt.Errorf("%w: %d columns for %d labels", ErrDamaged, n, len(a.Schema.Classes))
	}
	if !(a.Temperature > 0) || math.IsInf(a.Temperature, 0) {
		return fmt.Errorf("%w: temperature %g", ErrDamaged, a.Temperature)
	}
	return nil
}

// axesOf lists the sizes that a network's tensors are made of.
func axesOf(s *model.Spec) []int {
	axes := []int{s.Width, s.Hidden}
	for name := range s.Fusion {
		axes = append(axes, s.Fusion.Int(name))
	}
	for _, v := range s.Views {
		axes = append(axes, v.Dim, v.Embedding)
	}
	for k := range s.Members {
		axes = append(axes, axesOf(&s.Members[k].Spec)...)
	}
	return axes
}
