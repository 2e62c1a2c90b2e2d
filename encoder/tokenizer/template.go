package tokenizer

// template is what a post-processor makes of one or two texts.
type template []templateItem

// templateItem is a text, or special tokens.
type templateItem struct {
	text int     // 0: the first text, 1: the second, -1: special tokens
	ids  []int32 // special tokens
	kind int32   // token type
}

// specials is the number of special tokens.
func (t template) specials() int {
	n := 0
	for _, item := range t {
		n += len(item.ids)
	}
	return n
}

// fill returns the ids and token types of the template with the ids of the texts.
func (t template) fill(texts ...[]int32) (ids, types []int32) {
	n := t.specials()
	for _, text := range texts {
		n += len(text)
	}
	ids, types = make([]int32, 0, n), make([]int32, 0, n)
	for _, item := range t {
		part := item.ids
		if item.text >= 0 {
			part = texts[item.text]
		}
		ids = append(ids, part...)
		for range part {
			types = append(types, item.kind)
		}
	}
	return ids, types
}
