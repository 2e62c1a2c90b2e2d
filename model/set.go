package model

import "github.com/fusor-ml/fusor/feature"

// Set is the fitted views and targets of all rows of a data set, parallel to Spec.Views.
type Set struct {
	Views  []*feature.Matrix
	Class  []int32   // of a classification; -1 unlabeled
	Labels [][]int   // of a multi-label task: the labels of each row; nil unlabeled
	Target []float32 // of a regression, standardized
	Groups *Groups   // of its rows, read where the fusion runs over rows
}

// Len is the number of rows.
func (s *Set) Len() int { return s.Views[0].Len() }

// Pick returns the set with the views of the given indices, in that order.
func (s *Set) Pick(views []int) *Set {
	p := &Set{Class: s.Class, Labels: s.Labels, Target: s.Target, Groups: s.Groups}
	for _, v := range views {
		p.Views = append(p.Views, s.Views[v])
	}
	return p
}

// Labeled reports whether row i has what is to be predicted.
func (s *Set) Labeled(i int) bool {
	switch {
	case s.Class != nil:
		return s.Class[i] >= 0
	case s.Labels != nil:
		return s.Labels[i] != nil
	}
	return true
}

// AnyPresent reports whether row i has at least one view.
func (s *Set) AnyPresent(i int) bool {
	for _, v := range s.Views {
		if v.Present[i] {
			return true
		}
	}
	return false
}
