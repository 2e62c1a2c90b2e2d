package mp3

// sideInfo is the side information of a frame (ISO/IEC 11172-3, 2.4.1.7;
// 13818-3, 2.4.1.7).
type sideInfo struct {
	mainDataBegin int // bytes that the main data begins before the frame
	scfsi         [2][4]bool
	granules      [2][2]granule // by granule and channel
}

// granule is the side information of 576 lines of one channel.
type granule struct {
	part23       int // bits of scale factors and code words
	bigValues    int // lines that are coded in pairs
	gain         int
	compress     int // code of the scale factors' sizes
	blockType    uint8
	mixed        bool
	tables       [3]int
	regions      [2]int // the lines where the second and third table begin
	subblockGain [3]int
	preflag      bool
	coarse       bool // scale factors in steps of 2 instead of √2
	quadTable    int  // of the lines coded in fours
}

// shortBlock is the block type of three short transforms.
const shortBlock = 2

// parse reads the side information behind the header and its checksum. It
// reports false where the values cannot be.
func (s *sideInfo) parse(h Header, b []byte) bool {
	r := bitReader{data: b, end: 8 * len(b)}
	lsf := h.Version != MPEG1
	if lsf {
		s.mainDataBegin = r.read(8)
		r.read(h.Channels) // private
		s.scfsi = [2][4]bool{}
	} else {
		s.mainDataBegin = r.read(9)
		r.read(7 - 2*h.Channels) // private: 5 bits of mono, 3 of stereo
		for ch := range h.Channels {
			for i := range s.scfsi[ch] {
				s.scfsi[ch][i] = r.read(1) == 1
			}
		}
	}
	for gr := range h.granules() {
		for ch := range h.Channels {
			if !s.granules[gr][ch].parse(&r, h.row, lsf) {
				return false
			}
		}
	}
	return true
}

func (g *granule) parse(r *bitReader, row int, lsf bool) bool {
	*g = granule{part23: r.read(12), bigValues: 2 * r.read(9), gain: r.read(8)}
	if g.bigValues > 576 {
		return false
	}
	if g.compress = r.read(4); lsf {
		g.compress = g.compress<<5 | r.read(5)
	}
	if r.read(1) == 1 { // window switching
		g.blockType = uint8(r.read(2))
		g.mixed = r.read(1) == 1
		if g.blockType == 0 {
			return false
		}
		g.tables[0], g.tables[1] = r.read(5), r.read(5)
		for i := range g.subblockGain {
			g.subblockGain[i] = r.read(3)
		}
		long := &longBands[row]
		g.regions = [2]int{int(long[8]), 576}
		if g.blockType == shortBlock {
			g.regions[0] = 3 * int(shortBands[row][3])
		}
	} else {
		for i := range g.tables {
			g.tables[i] = r.read(5)
		}
		first := r.read(4) + 1
		second := first + r.read(3) + 1
		g.regions = [2]int{int(longBands[row][first]), int(longBands[row][min(second, 22)])}
	}
	if !lsf {
		g.preflag = r.read(1) == 1
	}
	g.coarse = r.read(1) == 1
	g.quadTable = r.read(1)
	return true
}
