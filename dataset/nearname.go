package dataset

import (
	"io/fs"
	"net/url"
	"path"
	"strings"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// nearName returns the name of the one file that a name means but for what systems and programs
// change on the way: upper and lower case, the encoding of accents (macOS keeps them apart), %20 of
// addresses, file://, quotes around it, blanks that break no line or cannot be seen, .jpeg of .jpg;
// "" if there is none or several.
func (l *locator) nearName(name string) string {
	name = unquoted(name)
	name = strings.TrimPrefix(strings.TrimPrefix(name, "file://localhost/"), "file://")
	name = strings.TrimPrefix(path.Clean(strings.ReplaceAll(name, `\`, "/")), "/")
	if !fs.ValidPath(name) || name == "." {
		return ""
	}
	dir := "."
	for _, part := range strings.Split(name, "/") {
		same := l.near(dir)[nearKey(part)]
		found := ""
		for _, entry := range same {
			if entry == part {
				found = entry
			}
		}
		if len(same) == 1 {
			found = same[0]
		}
		if found == "" {
			return ""
		}
		dir = path.Join(dir, found)
	}
	return dir
}

// unquoted returns a name without quotes and blanks around it.
func unquoted(name string) string {
	name = trim(name)
	if n := len(name); n > 2 && name[0] == name[n-1] && strings.IndexByte(`'"`, name[0]) >= 0 {
		return name[1 : n-1]
	}
	return name
}

// near is what a folder holds, by the keys of the names.
func (l *locator) near(dir string) map[string][]string {
	if known, ok := l.nearby[dir]; ok {
		return known
	}
	out := map[string][]string{}
	if entries, err := fs.ReadDir(l.fsys, dir); err == nil {
		for _, e := range entries {
			key := nearKey(e.Name())
			out[key] = append(out[key], e.Name())
		}
	}
	if l.nearby == nil {
		l.nearby = map[string]map[string][]string{}
	}
	l.nearby[dir] = out
	return out
}

// nearKey is what names have in common that are taken for one.
func nearKey(name string) string {
	if plain, err := url.PathUnescape(name); err == nil {
		name = plain
	}
	name = cases.Fold().String(norm.NFC.String(visibleText(strings.ReplaceAll(name, "+", " "))))
	switch ext := path.Ext(name); ext {
	case ".jpeg", ".jpe":
		name = strings.TrimSuffix(name, ext) + ".jpg"
	case ".tiff":
		name = strings.TrimSuffix(name, ext) + ".tif"
	}
	return name
}
