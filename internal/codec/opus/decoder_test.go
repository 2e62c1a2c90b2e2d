package opus

import (
	"math/rand/v2"
	"testing"
)

// FuzzDecode decodes the bytes as packets, each behind a byte for its length. A
// packet that is not damaged has samples, all of them numbers and bounded.
func FuzzDecode(f *testing.F) {
	rng := rand.New(rand.NewPCG(1, 2))
	for config := range 32 {
		var data []byte
		for _, size := range []int{40, 120, 1, 250, 30} {
			data = append(data, byte(size), byte(config<<3|rng.IntN(8)))
			for range size - 1 {
				data = append(data, byte(rng.Uint32()))
			}
			config = (config + 5) % 32 // to change the mode
		}
		f.Add(data, config%2 == 0)
	}
	f.Fuzz(func(t *testing.T, data []byte, stereo bool) {
		channels := 1
		if stereo {
			channels = 2
		}
		d := NewDecoder(channels)
		out := make([]float32, MaxSamples*channels)
		for n := 0; len(data) > 0 && n < 32; n++ {
			size := min(int(data[0]), len(data)-1)
			packet := data[1 : 1+size]
			data = data[1+size:]
			samples, err := d.Decode(out, packet)
			if err != nil {
				continue
			}
			if samples < 120 || samples > MaxSamples {
				t.Fatalf("%d samples", samples)
			}
			for i, v := range out[:samples*channels] {
				if !(v > -1e9 && v < 1e9) {
					t.Fatalf("sample %d of packet %d is %g", i, n, v)
				}
			}
		}
	})
}

// TestRedundant wants a frame's end to be taken off only where there is enough.
func TestRedundant(t *testing.T) {
	d := NewDecoder(2)
	out := make([]float32, MaxSamples*2)
	rng := rand.New(rand.NewPCG(3, 4))
	for range 3000 {
		packet := make([]byte, 2+rng.IntN(60))
		for i := range packet {
			packet[i] = byte(rng.Uint32())
		}
		packet[0] = byte(rng.IntN(16)<<3 | rng.IntN(2)<<2) // speech and hybrid
		if n, err := d.Decode(out, packet); err != nil || n != formatOf(packet[0]).samples {
			t.Fatalf("packet %v: %d samples, %v", packet, n, err)
		}
	}
}

// TestSilence wants silence where nothing is known yet, and of an empty packet an error.
func TestSilence(t *testing.T) {
	d := NewDecoder(1)
	out := make([]float32, MaxSamples)
	out[7] = 1
	if n, err := d.Decode(out, []byte{31 << 3}); n != 960 || err != nil || out[7] != 0 {
		t.Errorf("%d samples, %v, %g", n, err, out[7])
	}
	if _, err := d.Decode(out, nil); err == nil {
		t.Error("an empty packet is no error")
	}
}
