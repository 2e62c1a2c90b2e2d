//go:build slow

package mp3

import (
	"fmt"
	"testing"
)

// TestFullGrid compares with ffmpeg over rate × bit rate × mode × sound, at
// constant and variable bit rates. Run it with -v to see the worst of each rate.
func TestFullGrid(t *testing.T) {
	needFFmpeg(t)
	for _, rate := range allRates {
		t.Run(fmt.Sprint(rate), func(t *testing.T) { fullGrid(t, rate) })
	}
}

func fullGrid(t *testing.T, rate int) {
	var g gridded
	speeds := bitrates[1][2][1:]
	switch {
	case rate >= 32000:
		speeds = bitrates[0][2][1:]
	case rate < 16000:
		speeds = speeds[:8] // MPEG-2.5 has no more in LAME
	}
	for _, mode := range modes {
		for _, sound := range gridSounds {
			for _, kbit := range speeds {
				g.point(t, sound, rate, mode.channels, 0.6, append([]string{"-b:a", fmt.Sprintf("%dk", kbit)}, mode.options...)...)
			}
			for _, quality := range []string{"0", "4", "9"} {
				g.point(t, sound, rate, mode.channels, 0.6, append([]string{"-q:a", quality}, mode.options...)...)
			}
		}
	}
	t.Logf("%d files, the worst at %.1f dB: %s", g.files, g.worst, g.where)
}
