package main

import (
	"strings"
	"sync"
	"testing"
	"time"
)

// writes counts calls of Write.
type writes struct {
	mu   sync.Mutex
	text strings.Builder
	n    int
}

func (w *writes) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.n++
	return w.text.Write(p)
}

func (w *writes) state() (string, int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.String(), w.n
}

// Lines come together, in order and whole, and within a moment.
func TestLogWriter(t *testing.T) {
	var to writes
	l := newLogWriter(&to)
	var want strings.Builder
	for range 3 {
		for _, line := range []string{"one\n", "two\n"} {
			if _, err := l.Write([]byte(line)); err != nil {
				t.Fatal(err)
			}
			want.WriteString(line)
		}
		for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(logDelay / 5) {
			if got, _ := to.state(); got == want.String() {
				break
			}
			if time.Now().After(deadline) {
				t.Fatal("the lines are not written")
			}
		}
	}
	if _, n := to.state(); n > 6 {
		t.Errorf("%d writes", n)
	}
	long := strings.Repeat("x", logBytes)
	l.Write([]byte("a"))  //nolint:errcheck // it cannot fail
	l.Write([]byte(long)) //nolint:errcheck // it cannot fail
	if got, _ := to.state(); got != want.String()+"a"+long {
		t.Error("what is much is not written at once")
	}
	l.Write([]byte("b")) //nolint:errcheck // it cannot fail
	if err := l.Flush(); err != nil {
		t.Fatal(err)
	}
	if got, _ := to.state(); !strings.HasSuffix(got, "b") {
		t.Error("a flush writes nothing")
	}
}
