// Package preprocess turns pictures and sounds into the numbers that a pretrained encoder was
// trained on, as preprocessor_config.json describes them: Pillow's resize with its rounding,
// crops and normalization for pictures, Whisper's log-mel spectrogram or wav2vec 2.0's
// normalization for sounds. A processor that is not known is refused by its name, because a
// wrong preprocessing shows in nothing but worse embeddings.
package preprocess

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
)

// maxConfig bounds a configuration file: the largest in use hold a mel filter bank of 200 KB.
const maxConfig = 8 << 20

// Files are the names of the configuration files that describe preprocessing.
var Files = []string{"preprocessor_config.json", "processor_config.json"}

// ErrNoConfig is returned where a folder has none of [Files], or none for this kind of input.
var ErrNoConfig = errors.New("no preprocessor_config.json")

// readConfig decodes preprocessor_config.json, or the section of processor_config.json, which
// newer folders have in its place, into c and returns the name of what it read.
func readConfig(fsys fs.FS, section string, c any) (file string, err error) {
	data, err := readFile(fsys, Files[0])
	if errors.Is(err, fs.ErrNotExist) {
		file = Files[1]
		data, err = readFile(fsys, file)
		if errors.Is(err, fs.ErrNotExist) {
			return "", ErrNoConfig
		}
		if err != nil {
			return file, err
		}
		var sections map[string]json.RawMessage
		if err := json.Unmarshal(data, &sections); err != nil {
			return file, fmt.Errorf("cannot read %s: %w", file, err)
		}
		if data = sections[section]; data == nil {
			return file, ErrNoConfig
		}
	} else {
		file = Files[0]
	}
	if err != nil {
		return file, err
	}
	if err := json.Unmarshal(data, c); err != nil {
		return file, fmt.Errorf("cannot read %s: %w", file, err)
	}
	return file, nil
}

func readFile(fsys fs.FS, name string) ([]byte, error) {
	f, err := fsys.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxConfig+1))
	if err != nil {
		return nil, fmt.Errorf("cannot read %s: %w", name, err)
	}
	if len(data) > maxConfig {
		return nil, fmt.Errorf("cannot read %s: more than %d MB", name, maxConfig>>20)
	}
	return data, nil
}
