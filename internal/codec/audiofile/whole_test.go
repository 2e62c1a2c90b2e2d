package audiofile

import (
	"context"
	"io"

	"github.com/fusor-ml/fusor/internal/dsp"
)

// decodeWhole is Decode of a sound as long as any may be.
func decodeWhole(ctx context.Context, format string, r io.ReadSeeker) (*dsp.Signal, error) {
	return Decode(ctx, format, r, MaxSeconds)
}
