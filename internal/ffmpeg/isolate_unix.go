//go:build unix

package ffmpeg

import (
	"os/exec"
	"syscall"
)

// isolate returns the process a group of its own: a signal for this one's group does
// not reach it, and what it starts is killed with it.
func isolate(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
}
