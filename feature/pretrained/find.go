package pretrained

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/encoder"
)

// Finder finds the networks that a trained model needs for the columns of its schema.
type Finder func(schema *dataset.Schema, wanted []Identity) (Set, error)

// Folders returns the folders of the environment variable FUSOR_ENCODERS, a list such as PATH.
func Folders() []string { return filepath.SplitList(os.Getenv("FUSOR_ENCODERS")) }

// Find returns a Finder that looks in folders: each may be the folder of a network, or hold such
// folders.
func Find(folders []string) Finder {
	return func(schema *dataset.Schema, wanted []Identity) (Set, error) {
		s := search{folders: folders, sums: map[string]string{}}
		set := Set{}
		for i := range wanted {
			dir, err := s.find(&wanted[i])
			if err != nil {
				return nil, err
			}
			e, err := OpenFS(schema, &wanted[i], os.DirFS(dir))
			if err != nil {
				return nil, fmt.Errorf("%w (in %s)", err, dir)
			}
			set[wanted[i].Column] = e
		}
		return set, nil
	}
}

// OpenFS opens a network that a file system holds, and checks that it is the one wanted.
func OpenFS(schema *dataset.Schema, id *Identity, folder fs.FS) (*Encoder, error) {
	fail := func(err error) (*Encoder, error) {
		return nil, fmt.Errorf("column %s: cannot use the encoder %s: %w", id.Column, id, err)
	}
	k := slices.IndexFunc(schema.Columns, func(c dataset.Column) bool { return c.Name == id.Column })
	if k < 0 {
		return fail(errors.New("the model has no such column"))
	}
	if id.Preprocessing != encoder.Version {
		return fail(fmt.Errorf("the model was trained with version %d of its preprocessing, this fusor has version %d; train again", id.Preprocessing, encoder.Version))
	}
	e, err := encoder.OpenFS(folder, id.Options.encoder())
	if err != nil {
		return fail(err)
	}
	if got := e.Info().SHA256; got != id.SHA256 {
		return fail(fmt.Errorf("its files are others: their SHA-256 is %.12s…", got))
	}
	one, err := newEncoder(&schema.Columns[k], e, id.Name, id.Options, folder)
	if err != nil {
		return fail(err)
	}
	if one.Dim != id.Dim || one.Pooling != id.Pooling {
		return fail(fmt.Errorf("it makes vectors of %d values (%s) here", one.Dim, one.Pooling))
	}
	one.Embedded = id.Embedded
	return one, nil
}

// search looks for networks by the hashes of their files.
type search struct {
	folders []string
	sums    map[string]string // by path, so that a file is hashed once
}

// find returns the folder of a network.
func (s *search) find(id *Identity) (string, error) {
	var others []string // folders of the same name or with the same files that hold another network
	for _, f := range s.folders {
		candidates := []string{f}
		entries, err := os.ReadDir(f)
		if err != nil {
			continue
		}
		for _, e := range entries {
			if sub := filepath.Join(f, e.Name()); isFolder(sub) {
				candidates = append(candidates, sub)
			}
		}
		for _, dir := range candidates {
			switch differs, err := s.differs(id, dir); {
			case err != nil:
			case differs == "":
				return dir, nil
			default:
				others = append(others, fmt.Sprintf("%s holds another one: its %s differs", dir, differs))
			}
		}
	}
	where := "no folder was named"
	if len(s.folders) > 0 {
		where = fmt.Sprintf("it is in none of the folders looked in: %s", strings.Join(s.folders, ", "))
	}
	if others = slices.Compact(others); len(others) > 0 {
		where += " (" + strings.Join(others[:min(3, len(others))], "; ") + ")"
	}
	return "", fmt.Errorf("column %s: cannot find the encoder %s that the model was trained with: %s; name its folder with --encoder %s=DIR, put it into a folder that FUSOR_ENCODERS lists, or beside the model",
		id.Column, id, where, id.Column)
}

// differs returns the first file in which the network in dir differs from the one wanted, "" if
// there is none. It fails where dir lacks one of the files.
func (s *search) differs(id *Identity, dir string) (string, error) {
	sizes := ""
	for _, f := range id.Files {
		info, err := os.Stat(filepath.Join(dir, filepath.FromSlash(f.Name)))
		if err != nil {
			return "", err
		}
		if info.Size() != f.Size && sizes == "" {
			sizes = f.Name
		}
	}
	if sizes != "" {
		return sizes, nil
	}
	for _, f := range id.Files {
		sum, err := s.sum(filepath.Join(dir, filepath.FromSlash(f.Name)))
		if err != nil {
			return "", err
		}
		if sum != f.SHA256 {
			return f.Name, nil
		}
	}
	return "", nil
}

func (s *search) sum(path string) (string, error) {
	if sum, ok := s.sums[path]; ok {
		return sum, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	s.sums[path] = hex.EncodeToString(h.Sum(nil))
	return s.sums[path], nil
}
