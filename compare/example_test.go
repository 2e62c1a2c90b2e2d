package compare_test

import (
	"fmt"

	"github.com/fusor-ml/fusor/compare"
	"github.com/fusor-ml/fusor/train"
)

// What is compared for a column of text with two views and one of pictures with one.
func ExampleEntries() {
	views := []train.Fitted{
		{Name: "note.lexical", Column: "note"}, {Name: "note.semantic", Column: "note"}, {Name: "photo.color", Column: "photo"},
	}
	for _, e := range compare.Entries(views, false, []string{"mean", "attention"}) {
		fmt.Println(e.Kind, e.Name, e.Views)
	}
	// Output:
	// single note.lexical [note.lexical]
	// single note.semantic [note.semantic]
	// single note [note.lexical note.semantic]
	// single photo [photo.color]
	// fusion mean [note.lexical note.semantic photo.color]
	// fusion attention [note.lexical note.semantic photo.color]
}
