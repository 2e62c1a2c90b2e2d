package dataset

import (
	"strings"
	"unicode"
)

// labelNames are names that a column of labels usually has, the surest first.
var labelNames = []string{
	"label", "labels", "target", "targets", "class", "y", "标签", "类别", "类标", "分类", "情感", "情感倾向", "标注", "目标", "標籤", "類別", "分類", "情緒", "標註", "目標",
	"category", "categories", "classification", "class_label", "target_class", "true_label", "ground_truth", "sentiment", "label_name", "class_name", "genres", "tags",
	"etiqueta", "clase", "classe", "categoría", "categoria", "étiquette", "catégorie", "rótulo", "etichetta", "klasse", "kategorie", "kategori", "kategoria", "kategória", "sınıf", "nhãn", "классы", "метка", "класс", "категория", "ラベル", "クラス", "カテゴリ", "라벨", "분류",
}

// known is the test whether a name is one that the header of a table with these options may have.
func known(opt *Options) func(string) bool {
	names := roleNames(opt)
	names.add(opt.Ignore...)
	names.add(opt.Columns...)
	for name := range opt.Kinds {
		names.add(name)
	}
	if s := opt.Schema; s != nil {
		for _, col := range s.Columns {
			names.add(col.Name)
			for _, f := range col.Fields {
				names.add(f.Name)
			}
		}
	}
	return names.has
}

// nameSet is a set of names of columns, whose case does not count.
type nameSet map[string]bool

func (n nameSet) add(list ...string) {
	for _, name := range list {
		if name != "" {
			n[strings.ToLower(name)] = true
		}
	}
}

func (n nameSet) has(name string) bool { return n[strings.ToLower(name)] }

// roleNames are the names that a column with a role may have.
func roleNames(opt *Options) nameSet {
	names := nameSet{}
	names.add(labelNames...)
	names.add("id", "split", "group", "order", opt.Label, opt.ID, opt.Split, opt.Group, opt.Order)
	names.add(strings.Split(opt.Label, ",")...)
	if s := opt.Schema; s != nil {
		names.add(s.Label, s.ID, s.Split, s.Group, s.Order)
		names.add(s.Labels...)
	}
	return names
}

// headerName is the name that a cell of the header is, without blanks and the invisible characters
// that copies from web pages and joined files leave around it.
func headerName(cell string) string {
	return strings.TrimFunc(cell, func(r rune) bool {
		return unicode.IsSpace(r) || r == '\u200b' || r == '\u2060' || r == '\ufeff'
	})
}

// knownLabel finds the label of a table by the usual names; -1 if there is none. A name further
// down the list counts only where no other column has one of those before it.
func knownLabel(header []string, used func(int) bool) int {
	for _, name := range labelNames {
		if i := column(header, name); i >= 0 && !used(i) {
			return i
		}
	}
	return -1
}

// likelyLabel is the column that may well be the label of a table in which none has a usual name:
// one whose name holds such a name, else the last with few different values; "" if there is none.
func likelyLabel(t *Table, used func(int) bool) string {
	for i, name := range t.Header {
		lower := strings.ToLower(name)
		if used(i) || name == "" {
			continue
		}
		for _, part := range []string{"label", "target", "class", "sentiment", "categor", "标签", "类别", "情感"} {
			if strings.Contains(lower, part) {
				return name
			}
		}
	}
	for i := len(t.Header) - 1; i >= 0; i-- {
		if used(i) || t.Header[i] == "" || t.vectors[i] != nil {
			continue
		}
		values := map[string]bool{}
		for _, cell := range t.column(i) {
			if values[cell] = true; len(values) > 100 {
				break
			}
		}
		if n := len(values); n > 1 && n <= 100 && 2*n <= t.Len() {
			return t.Header[i]
		}
	}
	return ""
}
