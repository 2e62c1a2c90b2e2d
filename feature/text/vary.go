package text

import "github.com/fusor-ml/fusor/media"

// MapText returns the item of f of its text; the item itself stays as it is.
func (it *Item) MapText(f func(string) string) any {
	return NewItem(media.NewDocument(f(it.doc.Text)))
}
