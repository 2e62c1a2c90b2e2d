// Package media turns the bytes of one cell into typed media: text, image, audio, video, table
// values or vectors.
//
// What a file is, is decided by its magic number, never by its name.
package media

// Kind describes what the cells of a modality column hold.
type Kind string

// The kinds a column can have. Number, Category, Date and Boolean columns are
// fields of the one Table modality.
const (
	Text     Kind = "text"
	Image    Kind = "image"
	Audio    Kind = "audio"
	Video    Kind = "video"
	Vector   Kind = "vector"
	Sequence Kind = "sequence" // steps of numbers
	Bag      Kind = "bag"      // weighted entries, a row of a sparse matrix
	Tokens   Kind = "tokens"   // ids in order
	Table    Kind = "table"
	Number   Kind = "number"
	Category Kind = "category"
	Date     Kind = "date"
	Boolean  Kind = "boolean"
)

// Valid reports whether k is one of the kinds above.
func (k Kind) Valid() bool {
	switch k {
	case Text, Image, Audio, Video, Vector, Sequence, Bag, Tokens, Table, Number, Category, Date, Boolean:
		return true
	}
	return false
}

// IsField reports whether a column of kind k is a field of the table modality.
func (k Kind) IsField() bool {
	return k == Number || k == Category || k == Date || k == Boolean
}

// IsArray reports whether the cells of kind k hold arrays of another kind than [Vector]: what was
// extracted before.
func (k Kind) IsArray() bool { return k == Sequence || k == Bag || k == Tokens }

// IsFile reports whether the cells of kind k name files.
func (k Kind) IsFile() bool { return k == Image || k == Audio || k == Video }

// DecodingVersion is part of the key of what is computed from media and kept. It
// is raised when files are decoded to other values than before.
const DecodingVersion = 6
