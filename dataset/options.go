package dataset

import "github.com/fusor-ml/fusor/media"

// Options say how a manifest is read. The zero Options take the columns id, split, group, order
// and label by their names and infer the rest.
type Options struct {
	Label, ID, Split, Group, Order string // columns with these roles; "" = the column of that name, if there

	None []string // roles (id, split, group, order, label) that no column has, whatever its name

	// A column that Ignore, Columns or Kinds names has no role.
	Ignore  []string              // columns, or arrays of a folder, to leave out
	Columns []string              // the only columns to take; in a folder of arrays, columns of labels.csv to take as well
	Kinds   map[string]media.Kind // kinds that are not to be inferred
	Task    string                // "class" or "regression"; "" = by the labels

	// Schema, when set, is that of a trained model: exactly its columns are read, in its kinds,
	// and labels are optional. Roles above that are not "" go before the schema's; of the rest
	// only None and Ignore count: an ignored column is absent in every row.
	Schema *Schema
}

// The name that the number, category, date and boolean columns have as one modality.
const tableName = "table"
