package silk

// The signals of a frame (RFC 6716, section 4.2.7.3).
const (
	inactive = iota
	unvoiced
	voiced
)

// coding is how a frame refers to the ones before it in its packet.
type coding int

const (
	independent coding = iota
	resumed            // independent but for the scale of the history
	conditional
)

// maxFrame is a frame's length in samples, 20 ms of 16 kHz.
const maxFrame = 320

// frame is a frame's parameters (section 4.2.7).
type frame struct {
	signal, offset int // offset is the type of quantization offset
	subframes      int
	gains          [4]int32 // Q16
	interpolated   bool     // coefs[0] differs from coefs[1]
	coefs          [2][maxOrder]int32
	lags           [4]int
	taps           [4][5]int32 // Q14
	historyScale   int32       // Q14
	bridged        bool        // not voiced, but begins with what was concealed
	excitation     [maxFrame]int32
}

// channel decodes the frames of the mid or of the side channel.
type channel struct {
	rate    int // kHz, 0 before the first frame
	started bool
	voiced  bool // the frame before
	lag     int  // of the frame before
	gain    int  // the index of the last
	lsf     [maxOrder]int32
	synthesis
	frame frame
	lost  loss
}

func newChannel() channel { return channel{gain: 10, synthesis: synthesis{gainBefore: 1 << 16}} }

// setRate prepares for frames of a rate. A change forgets what was predicted from.
func (c *channel) setRate(kHz int) {
	if c.rate != kHz {
		c.forget()
		c.rate = kHz
	}
}

func (c *channel) forget() {
	c.started, c.voiced, c.gain = false, false, 10
	c.lost.signal = inactive
	c.clear()
}

// book returns the coding of the frequencies.
func (c *channel) book() *lsfBook {
	if c.rate == 16 {
		return &lsfBooks[1]
	}
	return &lsfBooks[0]
}

// read decodes a frame's parameters.
func (c *channel) read(d reader, subframes int, active bool, how coding) {
	f := &c.frame
	f.subframes = subframes
	if active {
		kind := d.Symbol(pdfTypeActive)
		f.signal, f.offset = unvoiced+kind>>1, kind&1
	} else {
		f.signal, f.offset = inactive, d.Symbol(pdfTypeInactive)
	}
	c.readGains(d, how)
	c.readLSF(d)
	f.historyScale, f.bridged = 0, false
	if f.signal == voiced {
		c.readPitch(d, how)
	}
	c.voiced = f.signal == voiced
	seed := uint32(d.Symbol(pdfSeed))
	f.readExcitation(d, c.rate*5*subframes, seed)
}

// readGains decodes the gain of each subframe (section 4.2.7.4).
func (c *channel) readGains(d reader, how coding) {
	f := &c.frame
	for k := range f.subframes {
		if k == 0 && how != conditional {
			i := d.Symbol(pdfGainHigh[f.signal])<<3 + d.Symbol(pdfGainLow)
			c.gain = max(i, c.gain-16)
		} else {
			delta := d.Symbol(pdfGainDelta)
			c.gain = max(2*delta-16, c.gain+delta-4)
		}
		c.gain = min(max(c.gain, 0), 63)
		f.gains[k] = power(int32(0x1D1C71*c.gain>>16 + 2090))
	}
}

// power returns 2^(x/128), approximately.
func power(x int32) int32 {
	whole, f := x>>7, x&127
	return 1<<whole + (-174*f*(128-f)>>16+f)*(1<<whole>>7)
}

// readLSF decodes the frequencies and derives the short-term filters. That of
// the first half may lie between the last frame's and this one's (section 4.2.7.5.5).
func (c *channel) readLSF(d reader) {
	f, book := &c.frame, c.book()
	wide, isVoiced := 0, 0
	if c.rate == 16 {
		wide = 1
	}
	if f.signal == voiced {
		isVoiced = 1
	}
	before, n := c.lsf, book.order
	d.lsf(c.lsf[:], book, pdfLSF1[wide][isVoiced])
	predictor(&f.coefs[1], c.lsf[:n], book.ordering)
	weight := int32(4)
	if f.subframes == 4 {
		weight = int32(d.Symbol(pdfInterpolation))
	}
	if f.interpolated = weight < 4 && c.started; !f.interpolated {
		f.coefs[0] = f.coefs[1]
		return
	}
	for k := range n {
		before[k] += weight * (c.lsf[k] - before[k]) >> 2
	}
	predictor(&f.coefs[0], before[:n], book.ordering)
}
