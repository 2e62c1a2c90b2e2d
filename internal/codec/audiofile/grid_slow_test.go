//go:build slow

package audiofile

import (
	"math"
	"testing"
)

// TestFullGrid compares with ffmpeg at every point of the grid. Run it with -v
// to see the worst of each coding.
func TestFullGrid(t *testing.T) {
	needFFmpeg(t)
	dir := t.TempDir()
	for _, c := range codings {
		worst := math.Inf(1)
		for _, rate := range c.rates {
			for _, channels := range c.channels {
				for sound := range gridSounds {
					worst = min(worst, c.point(t, dir, rate, channels, sound))
				}
			}
		}
		t.Logf("%-48s the worst at %.1f dB", c.args, worst)
	}
}
