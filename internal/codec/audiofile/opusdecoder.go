package audiofile

import (
	"github.com/pion/opus"

	"github.com/fusor-ml/fusor/internal/codec/rangecoder"
	"github.com/fusor-ml/fusor/internal/codec/silk"
)

// opusDecoder decodes packets. The library's speech layer computes in floating
// point, which drifts from what the encoder expects, at worst until nothing of
// the sound is left, so that packets of speech alone are decoded by
// internal/codec/silk. Those at which the layers meet, and the hybrid ones, are
// the library's: its layers share a range decoder.
type opusDecoder struct {
	library  opus.Decoder
	channels int
	speech   *silk.Decoder // nil where the state of the layer is not known
	adjoins  bool          // the packet before was of another mode
	frames   [][]byte
	own      []float32
}

func newOpusDecoder(channels int) (*opusDecoder, error) {
	library, err := opus.NewDecoderWithOutput(opusRate, channels)
	if err != nil {
		return nil, err
	}
	return &opusDecoder{library: library, channels: channels, speech: silk.NewDecoder()}, nil
}

// decode writes a packet's interleaved samples to out and returns how many there
// are in each channel. The library decodes every packet, as its state goes on.
func (d *opusDecoder) decode(packet []byte, out []float32) (int, error) {
	n, err := d.library.DecodeToFloat32(packet, out)
	if err != nil {
		return 0, err
	}
	mode, format := opusFormat(packet[0])
	adjoined := d.adjoins
	d.adjoins = mode != opusSpeech
	if mode == opusMusic {
		d.speech = silk.NewDecoder() // section 4.5.2: the speech layer starts anew
		return n, nil
	}
	if d.speech == nil {
		return n, nil
	}
	var ok bool
	if d.frames, ok = opusFrames(d.frames[:0], packet); !ok {
		d.speech = nil
		return n, nil
	}
	size := format.Samples() * d.channels
	d.own = d.own[:0]
	replace := mode == opusSpeech && !adjoined
	for _, frame := range d.frames {
		if len(frame) < 2 { // a lost one, which is not concealed here
			d.speech = nil
			return n, nil
		}
		at := len(d.own)
		d.own = append(d.own, make([]float32, size)...)
		bits := rangecoder.New(frame)
		d.speech.Decode(d.own[at:], d.channels, bits, format)
		if bits.Tell()+17 <= 8*len(frame) { // a redundant one of music follows (section 4.5.1)
			replace = false
		}
	}
	if replace && len(d.own) == n*d.channels {
		copy(out, d.own)
	}
	return n, nil
}
