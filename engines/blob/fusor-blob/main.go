// Command fusor-blob runs a command on a job in an object store:
//
//	fusor-blob s3://bucket/job fusor tasks compare shop.csv -o {}
//	fusor-blob s3://bucket/job fusor work {} --stage fit --index-env JOB_COMPLETION_INDEX
//	fusor-blob s3://bucket/job fusor merge {} -o result
//
// It fetches the job into a temporary folder, whose name takes the place of {}, runs the command
// there and stores what that made, also where it failed: parts are whole or absent. It ends with the
// command's exit code.
package main

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

func main() {
	if len(os.Args) < 3 {
		fmt.Fprintln(os.Stderr, "usage: fusor-blob ADDRESS COMMAND {} …")
		os.Exit(2)
	}
	err := run(context.Background(), os.Args[1], os.Args[2:])
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() > 0 { // the command has written why
		os.Exit(exit.ExitCode())
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "fusor-blob: %v\n", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, address string, command []string) (err error) {
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
