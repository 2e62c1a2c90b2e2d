package main

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
)

// full is a disk without room.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left") }

// What cannot be written ends with 1, also where a command only prints.
func TestFullDisk(t *testing.T) {
	for _, args := range []string{"version", "views"} {
		var stderr bytes.Buffer
		if code := run(strings.Fields(args), strings.NewReader(""), full{}, &stderr); code != exitFailure {
			t.Errorf("%s: exit %d, %s", args, code, &stderr)
		}
		if code := run(strings.Fields(args), strings.NewReader(""), io.Discard, &stderr); code != exitOK {
			t.Errorf("%s: exit %d, %s", args, code, &stderr)
		}
	}
}

func TestOutputRemembers(t *testing.T) {
	o := &output{w: full{}}
	if _, err := o.Write([]byte("x")); err == nil || o.err == nil {
		t.Errorf("error %v, remembered %v", err, o.err)
	}
}
