// Package ffmpeg decodes what Go cannot (H.264, AAC, Matroska, …) by one ffmpeg
// process per file, if ffmpeg is on PATH: pipes only, no shell, no temporary
// file, a time limit. It is the only package that starts a process.
package ffmpeg

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"
)

// ErrMissing says that ffmpeg is needed and not there.
var ErrMissing = errors.New("this format needs ffmpeg, which is not on PATH; install ffmpeg (for example: apt-get install ffmpeg, brew install ffmpeg) or convert the file")

// limit bounds one process.
const limit = 2 * time.Minute

// find looks for ffmpeg once.
var find = sync.OnceValues(func() (string, error) { return exec.LookPath("ffmpeg") })

// Available reports whether ffmpeg is on PATH.
func Available() bool {
	_, err := find()
	return err == nil
}

// Options say what is wanted of a file.
type Options struct {
	Video   bool
	FPS     float64 // pictures per second
	Side    int     // longer side of a picture, at most
	Audio   bool
	Rate    int     // samples per second, mono
	Seconds float64 // no more than this is decoded
}

// Decode streams a file as an AVI of raw 24-bit pictures and 16-bit mono PCM to
// read. What ffmpeg says of a file that it cannot decode is in the error.
func Decode(ctx context.Context, path string, o Options, read func(io.Reader) error) error {
	bin, err := find()
	if err != nil {
		return ErrMissing
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	abs, err := filepath.Abs(path) // a name that begins with "-" or holds ":" stays a file's name
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, bin, o.args(abs)...)
	cmd.WaitDelay = 5 * time.Second
	var complaint bytes.Buffer
	cmd.Stderr = &capped{&complaint, 4 << 10}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return fmt.Errorf("cannot start ffmpeg: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("cannot start ffmpeg: %w", err)
	}
	readErr := read(out)
	if readErr == nil {
		_, readErr = io.Copy(io.Discard, out)
	} else {
		cancel()
	}
	waitErr := cmd.Wait()
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return fmt.Errorf("ffmpeg took longer than %s", limit)
	case waitErr != nil && (readErr == nil || complaint.Len() > 0):
		return fmt.Errorf("ffmpeg cannot decode it: %s", lastLine(complaint.String(), abs))
	}
	return readErr
}

func (o Options) args(path string) []string {
	args := []string{"-nostdin", "-hide_banner", "-loglevel", "error", "-threads", "1", "-protocol_whitelist", "file,pipe", "-i", "file:" + path}
	if o.Seconds > 0 {
		args = append(args, "-t", strconv.FormatFloat(o.Seconds, 'g', -1, 64))
	}
	if o.Video {
		// never larger than it is, even sides; a clip shorter than half a step keeps its picture
		scale := fmt.Sprintf("fps=%g:eof_action=pass,scale='if(gte(iw,ih),min(%d,iw),-2)':'if(gte(iw,ih),-2,min(%d,ih))':flags=area", o.FPS, o.Side, o.Side)
		args = append(args, "-map", "0:v:0?", "-vf", scale, "-c:v", "rawvideo", "-pix_fmt", "bgr24")
	} else {
		args = append(args, "-vn")
	}
	if o.Audio {
		args = append(args, "-map", "0:a:0?", "-ac", "1", "-ar", strconv.Itoa(o.Rate), "-c:a", "pcm_s16le")
	} else {
		args = append(args, "-an")
	}
	return append(args, "-sn", "-dn", "-f", "avi", "pipe:1")
}

// lastLine is the end of what ffmpeg said, without the file's path.
func lastLine(s, path string) string {
	lines := strings.Split(strings.TrimSpace(strings.ReplaceAll(s, path, filepath.Base(path))), "\n")
	if last := strings.TrimSpace(lines[len(lines)-1]); last != "" {
		return strings.TrimPrefix(last, "file:")
	}
	return "it gave no reason"
}

// capped keeps the first bytes of what is written and swallows the rest.
type capped struct {
	b    *bytes.Buffer
	left int
}

func (c *capped) Write(p []byte) (int, error) {
	n := min(len(p), c.left)
	c.b.Write(p[:n])
	c.left -= n
	return len(p), nil
}
