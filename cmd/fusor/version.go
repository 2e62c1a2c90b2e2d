package main

import (
	"fmt"
	"runtime"

	"github.com/fusor-ml/fusor"
	"github.com/fusor-ml/fusor/internal/kernel"
)

type versionCmd struct {
	resultFlags
}

type versionInfo struct {
	Version string `json:"version"`
	Go      string `json:"go"`
	OS      string `json:"os"`
	Arch    string `json:"arch"`
	Kernel  string `json:"kernel"` // the instruction set that this CPU's kernels use
}

// Run prints the version.
func (c *versionCmd) Run(e *env) error {
	if err := checkOutputs(nil, c.JSON); err != nil {
		return err
	}
	v := versionInfo{fusor.Version, runtime.Version(), runtime.GOOS, runtime.GOARCH, kernel.ActiveTier().String()}
	if !c.jsonToStdout() {
		if _, err := fmt.Fprint(e.stdout, e.say("fusor %s (%s, %s/%s, kernel %s)\n", v.Version, v.Go, v.OS, v.Arch, v.Kernel)); err != nil {
			return err
		}
	}
	return c.writeJSON(e, v)
}
