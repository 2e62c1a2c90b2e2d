package tensor

import "fmt"

// The shapes are copied before they are printed, so that a caller's variadic shape can stay on its
// stack.

func copied(s []int) []int { return append([]int{}, s...) }

func badShape(op string, shape []int) {
	panic(fmt.Sprintf("tensor: %s: a shape %v has a negative length", op, copied(shape)))
}

func checkSize(op string, n int, shape []int) {
	if Size(shape) != n {
		panic(fmt.Sprintf("tensor: %s: %d elements do not fill the shape %v", op, n, copied(shape)))
	}
}

func badAxis(i int, shape []int) {
	panic(fmt.Sprintf("tensor: Dim: no axis %d in the shape %v", i, copied(shape)))
}

func badIndex(index, shape []int) {
	panic(fmt.Sprintf("tensor: the index %v is outside the shape %v", copied(index), copied(shape)))
}

func badCopy(dst, src []int) {
	panic(fmt.Sprintf("tensor: CopyFrom: the shape %v does not take the elements of %v", copied(dst), copied(src)))
}
