package encoder

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/fusor-ml/fusor/encoder/network"
	"github.com/fusor-ml/fusor/encoder/preprocess"
)

// Version is raised when an Encoder's vectors change for the same folder and input. Caches should
// have it in their keys, beside Info.SHA256.
const Version = 1

// Options choose what a folder leaves open. The zero value takes everything from the folder.
type Options struct {
	// Pooling is how the vector of a text is made of those of its tokens: cls, mean, max,
	// mean_sqrt_len_tokens, weightedmean, lasttoken, or several joined by +. Empty: as in
	// 1_Pooling of the folder, or mean without one.
	Pooling string
	// MaxTokens cuts texts to fewer tokens than the model takes, special tokens included.
	MaxTokens int
	// Prompt is put before every text. The name of a prompt of the folder means that prompt.
	Prompt string
	// Threads bounds the goroutines of one call; 0 means runtime.GOMAXPROCS.
	Threads int
}

// Encoder is a pretrained network with what it needs to take texts, pictures or sounds. It is safe
// for concurrent use.
type Encoder struct {
	info    Info
	net     *network.Network
	text    textPath
	image   imagePath
	sound   *preprocess.Sound
	threads int
	scratch sync.Pool
}

// Info describes an Encoder.
type Info struct {
	Architecture string `json:"architecture"` // model_type of config.json
	Text         *Text  `json:"text,omitempty"`
	Image        *Image `json:"image,omitempty"`
	Sound        *Sound `json:"sound,omitempty"`
	// Files are all files that vectors depend on, and SHA256 is a hash of their names and hashes.
	Files   []File   `json:"files"`
	SHA256  string   `json:"sha256"`
	License string   `json:"license,omitempty"` // the text of the folder's LICENSE, or the license line of its README.md
	Notes   []string `json:"notes,omitempty"`
}

// Text describes how texts are encoded.
type Text struct {
	Dim        int               `json:"dim"`
	MaxTokens  int               `json:"max_tokens"` // longer texts are cut
	Tokenizer  string            `json:"tokenizer,omitempty"`
	Vocabulary int               `json:"vocabulary"`
	Pooling    string            `json:"pooling"`
	Prompts    map[string]string `json:"prompts,omitempty"`
	Prompt     string            `json:"prompt,omitempty"` // the one in use
}

// Image describes how pictures are encoded.
type Image struct {
	Dim     int    `json:"dim"`
	Height  int    `json:"height,omitempty"` // that preprocessing makes
	Width   int    `json:"width,omitempty"`
	Pooling string `json:"pooling"`
}

// Sound describes how sounds are encoded.
type Sound struct {
	Dim     int     `json:"dim"`
	Rate    int     `json:"rate"`              // samples a second
	Seconds float64 `json:"seconds,omitempty"` // to which a sound is cut or padded; 0: any length
	Pooling string  `json:"pooling"`
}

// Open loads the model in a folder.
func Open(dir string, o Options) (*Encoder, error) {
	info, err := os.Stat(dir)
	if err != nil {
		return nil, fmt.Errorf("cannot open the encoder: %w", err)
	}
	if !info.IsDir() {
		return nil, fmt.Errorf("cannot open the encoder: %s is no folder", dir)
	}
	e, err := OpenFS(os.DirFS(dir), o)
	if err != nil {
		return nil, fmt.Errorf("cannot open the encoder %s: %w", dir, err)
	}
	return e, nil
}

// OpenFS loads the model in a file system. Its files must not change while the Encoder is in use.
func OpenFS(fsys fs.FS, o Options) (*Encoder, error) {
	return open(&folder{fsys: fsys}, o)
}

func open(f *folder, o Options) (*Encoder, error) {
	p, err := readPlan(f)
	if err != nil {
		return nil, err
	}
	e := &Encoder{threads: o.Threads}
	if e.threads <= 0 {
		e.threads = runtime.GOMAXPROCS(0)
	}
	e.scratch.New = func() any { return new(network.Scratch) }
	if e.net, err = loadNetwork(f, p.dir); err != nil {
		return nil, err
	}
	e.info.Architecture, e.info.Notes = e.net.Architecture, e.net.Notes
	if e.net.Text != nil {
		if err := e.openText(f, p, o); err != nil {
			return nil, err
		}
	}
	if e.net.Vision != nil {
		if err := e.openImage(f, p); err != nil {
			return nil, err
		}
	}
	if e.net.Audio != nil {
		if err := e.openSound(f, p); err != nil {
			return nil, err
		}
	}
	if e.net.Text == nil && e.net.Vision == nil && e.net.Audio == nil {
		return nil, errors.New("the model has no encoder")
	}
	e.info.License = license(f)
	e.info.Files = f.files
	slices.SortFunc(e.info.Files, func(a, b File) int { return strings.Compare(a.Name, b.Name) })
	e.info.SHA256 = total(e.info.Files)
	return e, nil
}

// loadNetwork reads config.json and the weights in dir, or an ONNX graph where there are no
// safetensors or config.json names an architecture that only a graph can be of.
func loadNetwork(f *folder, dir string) (*network.Network, error) {
	name, graph := path.Join(dir, "config.json"), f.findGraph(dir)
	if graph != "" && !f.hasTensors(dir) {
		return loadGraph(f, dir, graph)
	}
	config, err := f.read(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no %s", name)
	}
	if err != nil {
		return nil, err
	}
	if err := network.Check(config); err != nil {
		if graph != "" {
			return loadGraph(f, dir, graph)
		}
		return nil, err
	}
	raw, done, err := f.tensors(dir)
	if err != nil {
		return nil, err
	}
	w, err := network.NewWeights(raw, done)
	if err != nil {
		return nil, err
	}
	return network.Load(config, w)
}

// Info describes the encoder.
func (e *Encoder) Info() Info { return e.info }

// Network returns the network itself, whose towers compute the hidden states of tokens, patches and
// frames.
func (e *Encoder) Network() *network.Network { return e.net }

// total hashes a list of files.
func total(files []File) string {
	h := sha256.New()
	for _, f := range files {
		fmt.Fprintf(h, "%s %s\n", f.SHA256, f.Name)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// license returns the text of a license that lies in the folder, or what its model card names.
func license(f *folder) string {
	for _, name := range []string{"LICENSE", "LICENSE.txt", "LICENSE.md", "LICENCE", "COPYING"} {
		if info, err := fs.Stat(f.fsys, name); err == nil && info.Size() < 1<<17 {
			if text, err := fs.ReadFile(f.fsys, name); err == nil {
				return strings.ToValidUTF8(string(text), "\uFFFD")
			}
		}
	}
	info, err := fs.Stat(f.fsys, "README.md")
	if err != nil || info.Size() > maxText {
		return ""
	}
	card, err := fs.ReadFile(f.fsys, "README.md")
	if err != nil {
		return ""
	}
	front, ok := strings.CutPrefix(strings.ReplaceAll(string(card), "\r\n", "\n"), "---\n")
	if !ok {
		return ""
	}
	front, _, _ = strings.Cut(front, "\n---")
	for line := range strings.Lines(front) {
		if name, ok := strings.CutPrefix(line, "license:"); ok {
			return strings.Trim(strings.TrimSpace(name), `"'`)
		}
	}
	return ""
}
