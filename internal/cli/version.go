package cli

import (
	"fmt"
	"runtime"

	"github.com/fusor-ml/fusor"
)

type versionCmd struct {
	JSON bool `help:"As JSON." name:"json"`
}

// Run prints the version.
func (c *versionCmd) Run(e *env) error {
	var err error
	if c.JSON {
		_, err = fmt.Fprintf(e.stdout, "{\"version\": %q, \"go\": %q, \"os\": %q, \"arch\": %q}\n", fusor.Version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	} else {
		_, err = fmt.Fprintf(e.stdout, "fusor %s (%s, %s/%s)\n", fusor.Version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	}
	return err
}
