// Package ffmpeg decodes what Go cannot (H.264, AAC, Matroska, …) by one ffmpeg
// process per file, if ffmpeg is on PATH: pipes only, no shell, no other file, a
// time limit. It is the only package that starts a process.
package ffmpeg

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/fusor-ml/fusor/internal/machine"
)

// ErrMissing reports that ffmpeg is needed and not there.
var ErrMissing = errors.New("this format needs ffmpeg, which is not on PATH; install ffmpeg (for example: apt-get install ffmpeg, brew install ffmpeg) or convert the file")

// limit bounds one process.
const limit = 2 * time.Minute

// demuxers are the containers that ffmpeg may take a file for, by its own names.
// Each reads the one file that it is given; those that open further ones (concat,
// hls, dash, image2, mmf, …) are not among them.
const demuxers = "mov,matroska,avi,flv,asf,mpeg,mpegts,mpegvideo,mpegtsraw,m4v,h264,hevc,ogg,ivf,yuv4mpegpipe,dv,rm,nut,mxf,wtv," +
	"gif,wav,w64,mp3,aac,flac,amr,amrnb,amrwb,aiff,au,caf,nistsphere,wv,ape,tta,ac3,eac3,dts,voc,oma,xwma"

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

// Decode streams a file, which ffmpeg reads from in, as an AVI of raw 24-bit
// pictures and 16-bit mono PCM to read. What ffmpeg makes of a file that it cannot
// decode is in the error. When ctx is done, or after two minutes, the process is
// killed with all that it started.
func Decode(ctx context.Context, in io.Reader, o Options, read func(io.Reader) error) error {
	bin, err := find()
	if err != nil {
		return ErrMissing
	}
	limited, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	cmd := exec.CommandContext(limited, bin, o.args()...)
	isolate(cmd)
	cmd.WaitDelay = 5 * time.Second
	cmd.Stdin = in // a file is handed over as it is, anything else is copied
	var complaint bytes.Buffer
	cmd.Stderr = &capped{&complaint, 4 << 10}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return fmt.Errorf("cannot start ffmpeg: %w", machine.Blame(err))
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("cannot start ffmpeg: %w", machine.Blame(err))
	}
	readErr := read(out)
	if readErr == nil {
		_, readErr = io.Copy(io.Discard, out)
	} else {
		cancel()
	}
	waitErr := cmd.Wait()
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(limited.Err(), context.DeadlineExceeded):
		return fmt.Errorf("ffmpeg took longer than %s", limit)
	case waitErr != nil && (readErr == nil || complaint.Len() > 0):
		return fmt.Errorf("ffmpeg cannot decode it: %s", lastLine(complaint.String()))
	}
	return readErr
}

func (o Options) args() []string {
	// Many films need to be read to and fro (an MP4 whose index is at its end), which
	// a pipe does not allow; the cache keeps what has gone by in a file without a name.
	args := []string{
		"-nostdin", "-hide_banner", "-loglevel", "error", "-threads", "1",
		"-protocol_whitelist", "cache,pipe", "-format_whitelist", demuxers, "-read_ahead_limit", "-1", "-i", "cache:pipe:0",
	}
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

// lastLine is the end of what ffmpeg said; what its cache makes of a pipe is no fault.
func lastLine(s string) string {
	said := ""
	for line := range strings.Lines(s) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "[cache @") || strings.HasPrefix(line, "Last message repeated") {
			continue
		}
		said = strings.TrimPrefix(line, "cache:pipe:0: ")
	}
	if said == "" {
		return "it gave no reason"
	}
	return said
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
