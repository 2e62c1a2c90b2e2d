// Package command is the command fusor-blob, without the stores that it knows.
package command

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"github.com/fusor-ml/fusor/engines/blob"
)

// Main runs the command that the arguments of the process hold and ends the process with its exit
// code.
func Main() {
	if len(os.Args) < 3 {
		fmt.Fprintln(os.Stderr, "usage: fusor-blob ADDRESS COMMAND {} …")
		os.Exit(2)
	}
	err := Run(context.Background(), os.Args[1], os.Args[2:])
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() > 0 { // the command has written why
		os.Exit(exit.ExitCode())
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "fusor-blob: %v\n", err)
		os.Exit(1)
	}
}

// Run fetches the job at an address into a temporary folder, whose name takes the place of {} among
// the words of command, runs it there and stores what it made, also where it fails. The error wraps
// that of [exec.Cmd.Run].
func Run(ctx context.Context, address string, command []string) (err error) {
	// The command ends by the same signal, and what it has done is stored.
	asked, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	b, err := blob.Open(ctx, address)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	dir, err := os.MkdirTemp("", "fusor-job-*")
	if err != nil {
		return fmt.Errorf("cannot fetch the job: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	c, err := b.Fetch(asked, dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	args := make([]string, len(command))
	for i, a := range command {
		if args[i] = a; a == "{}" {
			args[i] = dir
		}
	}
	cmd := exec.CommandContext(asked, args[0], args[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	failed := cmd.Run()
	_, err = c.Store(ctx)
	return errors.Join(failed, err)
}
