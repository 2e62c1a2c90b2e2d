package encoder

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"

	"github.com/fusor-ml/fusor/encoder/network"
	"github.com/fusor-ml/fusor/encoder/preprocess"
)

// soundSeconds is where sounds are cut for a network that takes any length: its time and memory
// grow with the square of the length.
const soundSeconds = 30

// openSound reads the preprocessing of sounds.
func (e *Encoder) openSound(f *folder, p *plan) error {
	if p.pooling != nil {
		return errors.New("cannot use modules.json: pooling of sounds is not known")
	}
	sub, err := fs.Sub(f.fsys, p.dir)
	if err != nil {
		return err
	}
	if e.sound, err = preprocess.OpenSound(sub); err != nil {
		return err
	}
	if err := f.hashAll(p.dir, preprocess.Files); err != nil {
		return err
	}
	tower := e.net.Audio.Info()
	if bands := e.sound.Bands(); bands != tower.MelBins {
		return fmt.Errorf("cannot use the preprocessing of sounds: it makes %d mel bands, where the network takes %d", bands, tower.MelBins)
	}
	if tower.MelFrames > 0 {
		if _, shape, err := e.sound.Values(nil); err != nil || shape[1] != tower.MelFrames {
			return fmt.Errorf("cannot use the preprocessing of sounds: it makes %v, where the network takes %d frames", shape, tower.MelFrames)
		}
	}
	e.info.Sound = &Sound{Dim: tower.Dim, Rate: e.sound.Rate, Seconds: soundSeconds, Pooling: "mean"}
	if e.sound.Chunk > 0 {
		e.info.Sound.Seconds = float64(e.sound.Chunk) / float64(e.sound.Rate)
	}
	return nil
}

// EncodeSounds returns the vectors of sounds, one after the other, in dst if it has room: the means
// over all frames. A sound is samples of one channel at Info().Sound.Rate, from -1 to 1; one that
// is too long is cut.
func (e *Encoder) EncodeSounds(ctx context.Context, dst []float32, sounds [][]float32) ([]float32, error) {
	if e.info.Sound == nil {
		return nil, fmt.Errorf("cannot encode sounds: %s takes none", e.info.Architecture)
	}
	dim, tower := e.info.Sound.Dim, e.net.Audio
	dst = room(dst, len(sounds)*dim)
	most := int(e.info.Sound.Seconds * float64(e.sound.Rate))
	mean := &pooling{modes: []string{"mean"}}
	err := e.each(ctx, tower, len(sounds), func(i int) (network.Input, error) {
		x := sounds[i][:min(len(sounds[i]), most)]
		values, shape, err := e.sound.Values(x)
		if err != nil {
			return network.Input{}, err
		}
		if len(shape) == 2 {
			return network.Input{Mel: values, Frames: shape[1]}, nil
		}
		return network.Input{Samples: values}, nil
	}, func(i int, out *network.Output) {
		mean.apply(dst[i*dim:i*dim], out.Hidden, dim)
	})
	if err != nil {
		return nil, fmt.Errorf("cannot encode sounds: %w", err)
	}
	return dst, nil
}

// hashAll takes files that another package reads into the list.
func (f *folder) hashAll(dir string, names []string) error {
	for _, name := range names {
		if err := f.hash(path.Join(dir, name)); err != nil {
			return err
		}
	}
	return nil
}
