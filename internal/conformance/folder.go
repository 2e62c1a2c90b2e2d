package conformance

import (
	"fmt"
	"os"
	"path/filepath"
)

// variable names the folder of golden files.
const variable = "FUSOR_CONFORMANCE"

// Folder returns the folder of golden files: FUSOR_CONFORMANCE, or shared/conformance beside the
// repository.
func Folder() string {
	if dir := os.Getenv(variable); dir != "" {
		return dir
	}
	if root := repository(); root != "" {
		return filepath.Join(filepath.Dir(root), "shared", "conformance")
	}
	return ""
}

// repository returns the folder of the module that the test is in, or "".
func repository() string {
	dir, err := os.Getwd()
	for err == nil {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		up := filepath.Dir(dir)
		if up == dir {
			break
		}
		dir = up
	}
	return ""
}

// Named is an error if a folder was named that holds no golden file, lest a wrong path pass for a
// test. Without a name there may be none, and tests are skipped.
func Named() error {
	if os.Getenv(variable) == "" {
		return nil
	}
	dir := Folder()
	for _, pattern := range []string{"*.json", "features/*.json", "encoders/*/*"} {
		files, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil || len(files) > 0 {
			return err
		}
	}
	return fmt.Errorf("%s is %s, where there are no golden files", variable, dir)
}
