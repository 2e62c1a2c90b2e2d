package main

import (
	"io"
	"sync"
	"time"
)

// logWriter collects what is written for a moment: a busy server would spend more time on the
// system calls of its log than on that of an answer.
type logWriter struct {
	w     io.Writer
	mu    sync.Mutex
	held  []byte
	timer *time.Timer
}

const (
	logDelay = 50 * time.Millisecond // what is lost at most where the process is killed
	logBytes = 64 << 10              // what is held at most
)

func newLogWriter(w io.Writer) *logWriter {
	l := &logWriter{w: w}
	l.timer = time.AfterFunc(time.Hour, func() { l.Flush() }) //nolint:errcheck // nobody is there to be told
	l.timer.Stop()
	return l
}

// Write implements io.Writer.
func (l *logWriter) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.held) == 0 {
		l.timer.Reset(logDelay)
	}
	l.held = append(l.held, p...)
	if len(l.held) >= logBytes {
		return len(p), l.flush()
	}
	return len(p), nil
}

// Flush writes what is held.
func (l *logWriter) Flush() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.flush()
}

func (l *logWriter) flush() error {
	l.timer.Stop()
	if len(l.held) == 0 {
		return nil
	}
	_, err := l.w.Write(l.held)
	l.held = l.held[:0]
	return err
}
