package mp3

// The widths of the scale factor bands of long and short blocks (ISO/IEC
// 11172-3, table 3-B.8; 13818-3, table B.2) by the row of a sampling rate:
// 44.1, 48 and 32 kHz, their halves, their quarters.
//
// At 24 kHz table B.2 divides bands 17 and 18 of long blocks at line 332, and ffmpeg at 330. What
// ffmpeg decodes is what others hear and train on, so these lines follow it: see
// docs/decisions/0035-mp3-at-24-khz.md.
var (
	longWidths = [9][22]uint16{
		{4, 4, 4, 4, 4, 4, 6, 6, 8, 8, 10, 12, 16, 20, 24, 28, 34, 42, 50, 54, 76, 158},
		{4, 4, 4, 4, 4, 4, 6, 6, 6, 8, 10, 12, 16, 18, 22, 28, 34, 40, 46, 54, 54, 192},
		{4, 4, 4, 4, 4, 4, 6, 6, 8, 10, 12, 16, 20, 24, 30, 38, 46, 56, 68, 84, 102, 26},
		{6, 6, 6, 6, 6, 6, 8, 10, 12, 14, 16, 20, 24, 28, 32, 38, 46, 52, 60, 68, 58, 54},
		{6, 6, 6, 6, 6, 6, 8, 10, 12, 14, 16, 18, 22, 26, 32, 38, 46, 52, 64, 70, 76, 36},
		{6, 6, 6, 6, 6, 6, 8, 10, 12, 14, 16, 20, 24, 28, 32, 38, 46, 52, 60, 68, 58, 54},
		{6, 6, 6, 6, 6, 6, 8, 10, 12, 14, 16, 20, 24, 28, 32, 38, 46, 52, 60, 68, 58, 54},
		{6, 6, 6, 6, 6, 6, 8, 10, 12, 14, 16, 20, 24, 28, 32, 38, 46, 52, 60, 68, 58, 54},
		{12, 12, 12, 12, 12, 12, 16, 20, 24, 28, 32, 40, 48, 56, 64, 76, 90, 2, 2, 2, 2, 2},
	}
	shortWidths = [9][13]uint16{
		{4, 4, 4, 4, 6, 8, 10, 12, 14, 18, 22, 30, 56},
		{4, 4, 4, 4, 6, 6, 10, 12, 14, 16, 20, 26, 66},
		{4, 4, 4, 4, 6, 8, 12, 16, 20, 26, 34, 42, 12},
		{4, 4, 4, 6, 6, 8, 10, 14, 18, 26, 32, 42, 18},
		{4, 4, 4, 6, 8, 10, 12, 14, 18, 24, 32, 44, 12},
		{4, 4, 4, 6, 8, 10, 12, 14, 18, 24, 30, 40, 18},
		{4, 4, 4, 6, 8, 10, 12, 14, 18, 24, 30, 40, 18},
		{4, 4, 4, 6, 8, 10, 12, 14, 18, 24, 30, 40, 18},
		{8, 8, 8, 12, 16, 20, 24, 28, 36, 2, 2, 2, 26},
	}
)

// The lines where the bands begin, with the end of the last.
var (
	longBands  [9][23]uint16
	shortBands [9][14]uint16 // of one of the three windows
)

func init() {
	for row := range longWidths {
		for i, w := range longWidths[row] {
			longBands[row][i+1] = longBands[row][i] + w
		}
		for i, w := range shortWidths[row] {
			shortBands[row][i+1] = shortBands[row][i] + w
		}
	}
}

// shape is how a granule's lines are divided into bands: first some of long
// blocks, then, in threes, the windows of the bands of short blocks.
type shape struct {
	long  int // bands of long blocks
	short int // the first band of short blocks, 13 without
}

// bands is the number of bands, windows counted each.
func (s shape) bands() int { return s.long + 3*(13-s.short) }

func (g *granule) shape(version Version) shape {
	switch {
	case g.blockType != shortBlock:
		return shape{22, 13}
	case !g.mixed:
		return shape{0, 0}
	case version == MPEG1:
		return shape{8, 3}
	}
	return shape{6, 3}
}
