package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// exitSignal is added to the number of the signal that ended a command, as shells do: 130 after an
// interrupt, 143 after a termination.
const exitSignal = 128

// grace is how long a command may go on after a signal, to write what is half done; then it ends
// wherever it is. Files are whole or not there, so nothing is lost by that.
const grace = 3 * time.Second

// signaled is the cause of a context that a signal has ended.
type signaled struct{ syscall.Signal }

func (s signaled) Error() string { return s.String() }

func (signaled) Unwrap() error { return context.Canceled }

// untilSignal returns a context that ends with the first interrupt or termination. The second one
// ends the process.
func untilSignal() (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(context.Background())
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		select {
		case s := <-signals:
			signal.Stop(signals)
			number, _ := s.(syscall.Signal) // as all are
			cancel(signaled{number})
		case <-ctx.Done():
		}
	}()
	return ctx, func() { signal.Stop(signals); cancel(nil) }
}

// interruptedBy returns the exit code of a command that ended with ctx.
func interruptedBy(ctx context.Context) int {
	var s signaled
	if errors.As(context.Cause(ctx), &s) {
		return exitSignal + int(s.Signal)
	}
	return exitFailure
}

// endNow ends the process where a signal has not.
func endNow(ctx context.Context, stderr io.Writer) {
	if errors.As(context.Cause(ctx), new(signaled)) {
		fmt.Fprintln(stderr, "fusor: interrupted")
		os.Exit(interruptedBy(ctx))
	}
}
