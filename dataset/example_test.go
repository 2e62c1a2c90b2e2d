package dataset_test

import (
	"fmt"
	"strings"

	"github.com/fusor-ml/fusor/dataset"
)

// The columns of a table, as they are inferred from its cells.
func ExampleRead() {
	table := `species,note,mass,sex
wren,sings loudly at dawn in the garden,9.5,f
robin,a red breast and a thin whistle,18.1,m
wren,tiny and brown with a short tail,8.9,m
robin,hops across the lawn after the rain,17.2,f
`
	ds, err := dataset.Read(strings.NewReader(table), "birds.csv", dataset.Options{Label: "species"})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(ds.Schema.Task, ds.Schema.Classes)
	for _, c := range ds.Schema.Columns {
		fmt.Println(c.Name, c.Kind)
		for _, f := range c.Fields {
			fmt.Println(" ", f.Name, f.Kind)
		}
	}
	// Output:
	// class [robin wren]
	// note text
	// table table
	//   mass number
	//   sex category
}
