//go:build !unix

package ffmpeg

import "os/exec"

// isolate leaves the process as it is: killing it is all that can be done here.
func isolate(*exec.Cmd) {}
