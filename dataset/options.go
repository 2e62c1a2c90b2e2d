package dataset

import (
	"slices"
	"strings"

	"github.com/fusor-ml/fusor/media"
)

// Options say how a manifest is read. The zero Options take the columns id, split, group, order
// and label by their names and infer the rest.
type Options struct {
	// Columns with these roles; "" = the column of that name, if there. Label may name several columns
	// of 0 and 1, separated by commas: the labels of a multi-label task.
	Label, ID, Split, Group, Order string

	None []string // roles (id, split, group, order, label) that no column has, whatever its name

	// A column that Ignore, Columns or Kinds names has no role.
	Ignore  []string              // columns, or arrays of a folder, to leave out
	Columns []string              // the only columns to take; in a folder of arrays, columns of labels.csv to take as well
	Kinds   map[string]media.Kind // kinds that are not to be inferred
	Task    string                // "class", "regression" or "multilabel"; "" = by the labels

	Encoding string // of a text table, by its name: "windows-1252", "gb18030"; "" = by the bytes
	Sheet    string // of an .xlsx file; "" = the first
	Root     string // folder that the names of media are relative to; "" = that of the manifest

	// Deferred leaves cells that may name files as they are written, and looks at no more files
	// than it takes to infer kinds: [Dataset.Resolve] does the rest, of some rows or all of them. What
	// can be learned from resolved cells alone, such as which rows are copies, is not noted.
	Deferred bool

	// Compact leaves Row.Cells nil and holds the cells in columns, as they are in the file: a table of
	// a million rows then takes a third of the memory. Row.Cell makes each when it is needed.
	Compact bool

	// Schema, when set, is that of a trained model: exactly its columns are read, in its kinds,
	// and labels are optional. Roles above that are not "" go before the schema's; of the rest
	// only None and Ignore count: an ignored column is absent in every row.
	Schema *Schema

	blocks  bool // rows of a large text table are left to [Blocks]
	checked bool // fields are not looked at for problems, which are known or of no interest
}

// names reports whether a column is one that the options want as a modality.
func (o *Options) names(column string) bool {
	for name := range o.Kinds {
		if strings.EqualFold(name, column) {
			return true
		}
	}
	return slices.ContainsFunc(o.Columns, func(name string) bool { return strings.EqualFold(name, column) })
}

// The name that the number, category, date and boolean columns have as one modality.
const tableName = "table"
