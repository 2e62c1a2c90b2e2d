package main

import "github.com/fusor-ml/fusor/internal/cli"

// unknown is the error for a name that is not among names, with the one that was probably meant.
func unknown(what, name string, names []string) error {
	if meant := cli.Nearest(name, names); meant != "" {
		return usagef("no %s %q, did you mean %q? There are %s", what, name, meant, list(names))
	}
	return usagef("no %s %q; there are %s", what, name, list(names))
}
