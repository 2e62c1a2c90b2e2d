package dataset

import "path/filepath"

// Resolve gives the path of a media file that a manifest in dir names.
func Resolve(dir, file string) string {
	if filepath.IsAbs(file) {
		return file
	}
	return filepath.Join(dir, filepath.FromSlash(file))
}
