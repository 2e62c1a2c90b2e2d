package silk

// Lost frames are filled in as in appendix A of RFC 6716, to the bit, since what
// follows builds on them: an encoder that is silent (DTX) lets frames be lost.

// loss is what a channel's lost frames are made from.
type loss struct {
	frames     int   // in a row
	rate       int   // kHz, for which lag and gains are valid
	signal     int   // of the last frame
	lag        int32 // Q8
	tap        int32 // Q14, at the lag
	coefs      [maxOrder]int32
	scale      int32           // of the history, Q14
	gains      [2]int32        // of the last two subframes, Q16
	length     int             // of the last frame in samples
	subframes  int             // of it
	excitation [maxFrame]int32 // Q14
	noise      int32           // its share, Q14
	seed       uint32
	comfort    comfort

	energy  int32 // of the frames filled in, over 2^shift
	shift   int
	rejoins bool // the frame before was filled in
}

// prepare makes the state that of a rate.
func (l *loss) prepare(kHz, n int) {
	if l.rate != kHz {
		l.rate = kHz
		l.lag = int32(n) << 7
		l.gains = [2]int32{1 << 16, 1 << 16}
		l.length, l.subframes = 40, 2
	}
}

// resume prepares the first frame after lost ones: its filters get wider, and if it
// is not voiced it begins with the pitch of what was filled in.
func (c *channel) resume() {
	f, l := &c.frame, &c.lost
	if l.frames == 0 {
		return
	}
	order := c.book().order
	widen(f.coefs[0][:order], 63570)
	widen(f.coefs[1][:order], 63570)
	if l.signal == voiced && f.signal != voiced {
		f.bridged = true
		for k := range 2 {
			f.lags[k] = int(round(l.lag, 8))
			f.taps[k] = [5]int32{2: 4096}
		}
	}
}

// learn keeps what is needed if the next frame is lost, and joins this one, whose
// samples are out, to one that was.
func (c *channel) learn(out []int16) {
	f, l := &c.frame, &c.lost
	l.prepare(c.rate, len(out))
	l.signal = f.signal
	l.tap = 0
	if f.signal == voiced {
		l.learnPitch(f, len(out)/f.subframes)
	} else {
		l.lag = int32(18*c.rate) << 8
	}
	l.coefs = f.coefs[1]
	l.scale = f.historyScale
	copy(l.gains[:], f.gains[f.subframes-2:f.subframes])
	l.length, l.subframes = len(out), f.subframes
	copy(l.excitation[:], f.excitation[:len(out)])
	l.frames = 0
	l.comfort.prepare(c.rate, c.book().order)
	if f.signal == inactive {
		l.comfort.learn(f, c.lsf[:c.book().order], len(out)/f.subframes)
	}
	l.comfort.silence(c.book().order)
	l.rejoin(out)
}

// learnPitch takes lag and gain from the subframe of the last pitch period whose
// filter amplifies the most.
func (l *loss) learnPitch(f *frame, n int) {
	last := f.subframes - 1
	for k := last; k >= 0 && (last-k)*n < f.lags[last]; k-- {
		var sum int32
		for _, tap := range f.taps[k] {
			sum += tap
		}
		if sum > l.tap {
			l.tap = sum
			l.lag = int32(f.lags[k]) << 8
		}
	}
	// Between 0.7 and 0.95. The factor is cut to 16 bits in appendix A as well.
	const low, high = 11469, 15565
	switch {
	case l.tap < low:
		l.tap = l.tap * int32(int16(low<<10/max(l.tap, 1))) >> 10
	case l.tap > high:
		l.tap = l.tap * int32(int16(high<<14/l.tap)) >> 14
	}
	l.tap = int32(int16(l.tap))
}

// conceal fills in for a lost frame of a channel.
func (c *channel) conceal(out []int16, subframes int) {
	l, order := &c.lost, c.book().order
	l.prepare(c.rate, len(out))
	if !c.started {
		l.coefs = [maxOrder]int32{}
	}
	noise := l.noiseSource(len(out), subframes)
	widen(l.coefs[:order], 64881)
	soften := l.attenuations(order)
	n, memory := len(out)/subframes, 20*c.rate
	lag := int(round(l.lag, 8))
	var buf [maxHistory + maxFrame]int32 // residual over the gain, Q14
	past := c.history[maxHistory-memory:]
	scale := min(inverse(l.gains[1], 46), 1<<30-1)
	whiten(buf[memory-lag-2:memory], past[memory-lag-2-order:], l.coefs[:order], scale)
	for k := range subframes {
		for at := memory + k*n; at < memory+(k+1)*n; at++ {
			sum := 2 + mulW(buf[at-lag], l.tap) // Q12
			l.seed = 196314165*l.seed + 907633515
			buf[at] = (sum + mulW(noise[l.seed>>25&127], l.noise)) << 2
		}
		l.tap = soften[0] * l.tap >> 15
		if l.signal != inactive {
			l.noise = soften[1] * l.noise >> 15
		}
		l.lag = min(l.lag+mulW(l.lag, 655), int32(18*c.rate)<<8) // the period grows slowly
		lag = int(round(l.lag, 8))
	}
	c.filter(out, buf[memory:], l.coefs[:order], l.gains[1])
	l.frames++
	l.comfort.prepare(c.rate, order)
	l.comfort.add(out, mulW(l.noise, l.gains[1]), order)
	l.rejoin(out)
}

// noiseSource returns the end of the quieter one of the last two subframes of the
// excitation.
func (l *loss) noiseSource(samples, subframes int) []int32 {
	n := samples / subframes
	var energies [2]int32
	var shifts [2]int
	for k := range 2 {
		var x [maxFrame / 4]int16
		for i := range n {
			x[i] = clip16(mulW(l.excitation[i+(k+subframes-2)*n], l.gains[k]>>6) >> 8)
		}
		energies[k], shifts[k] = energyOf(x[:n])
	}
	end := l.length
	if energies[0]>>shifts[1] < energies[1]>>shifts[0] {
		end -= l.length / l.subframes
	}
	return l.excitation[max(0, end-128):]
}

// attenuations returns by how much pitch and noise get softer with each subframe,
// Q15, and sets the share of noise when the first frame is lost.
func (l *loss) attenuations(order int) (pitchNoise [2]int32) {
	later := min(l.frames, 1)
	pitch := [2]int32{32440, 31130}[later]
	noise := [2]int32{32440, 29491}[later]
	if l.signal == voiced {
		noise = [2]int32{31130, 26214}[later]
	}
	if l.frames == 0 {
		l.noise = 1 << 14
		if l.signal == voiced {
			l.noise = max(3277, l.noise-l.tap) * l.scale >> 14
		} else {
			// Less where the filter amplifies by 8 to 24 dB.
			gain := max(1<<22, min(1<<27, inverseGain(l.coefs[:order])))
			noise = mulW(gain<<3, noise) >> 14
		}
	}
	return [2]int32{pitch, noise}
}

// filter passes the residual, Q14, through the short-term filter.
func (s *synthesis) filter(out []int16, residual, coefs []int32, gain int32) {
	var lpc [maxOrder + maxFrame]int32
	copy(lpc[:], s.tail[:])
	for i := range out {
		sum := int32(len(coefs) / 2) // Q10
		for j, c := range coefs {
			sum += mulW(lpc[maxOrder+i-1-j], c)
		}
		v := clip32(int64(residual[i]) + int64(clip32(int64(sum)<<4)))
		lpc[maxOrder+i] = v
		out[i] = clip16(round(mulW(v, gain>>6), 8))
	}
	copy(s.tail[:], lpc[len(out):])
	copy(s.history[:], s.history[len(out):])
	copy(s.history[maxHistory-len(out):], out)
}

// rejoin lets the first frame after lost ones begin as softly as these ended.
func (l *loss) rejoin(out []int16) {
	if l.frames > 0 {
		l.energy, l.shift = energyOf(out)
		l.rejoins = true
		return
	}
	if !l.rejoins {
		return
	}
	l.rejoins = false
	energy, shift := energyOf(out)
	before := l.energy
	if shift > l.shift {
		before >>= shift - l.shift
	} else {
		energy >>= l.shift - shift
	}
	if energy <= before {
		return
	}
	scaled, up := before, 31
	if before > 0 {
		scaled, up = normalized(before)
	}
	ratio := scaled / max(energy>>max(24-up, 0), 1) // Q24
	gain := root(ratio) << 4                        // Q16
	step := (1<<16 - gain) / int32(len(out)) << 2
	for i, v := range out {
		out[i] = int16(mulW(gain, int32(v)))
		if gain += step; gain > 1<<16 {
			return
		}
	}
}

// Conceal writes what fills in for a lost frame of up to 20 ms to dst, of so many
// interleaved channels. The stream has begun.
func (d *Decoder) Conceal(dst []float32, channels int) {
	f := d.format
	f.Milliseconds = 10
	if len(dst) > f.Samples()*channels {
		f.Milliseconds = 20
	}
	d.begin(f)
	subframes := f.Milliseconds / 5
	n := 5 * f.KHz * subframes
	var mid, side [2 + maxFrame]int16
	m, s := mid[:2+n], side[:2+n]
	d.channels[0].conceal(m[2:], subframes)
	d.channels[0].gain = 10
	if f.Stereo {
		if d.midOnly {
			d.channels[1].forget()
		} else {
			d.channels[1].conceal(s[2:], subframes)
		}
		d.channels[1].gain = 10
	}
	out := make([]float32, f.Samples()*channels)
	d.emit(out, channels, m, s, d.stereo.weights, false)
	copy(dst, out)
}
