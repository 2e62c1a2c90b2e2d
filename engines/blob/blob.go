// Package blob keeps a job of package scale in an object store: S3, or what speaks as it does. It
// is a module of its own, so that fusor does not depend on the store's libraries; module gs below
// it adds Google Cloud Storage, whose libraries are several times as large.
package blob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/fusor-ml/fusor/scale"
	"gocloud.dev/blob"
	_ "gocloud.dev/blob/s3blob" // s3:// addresses
	"gocloud.dev/gcerrors"
)

// Bucket is the storage of a job below an address.
type Bucket struct{ bucket *blob.Bucket }

var _ scale.Storage = (*Bucket)(nil)

// Open opens the storage at an address such as s3://bucket/folder/job?region=eu-central-1. The
// query is that of gocloud.dev/blob/s3blob; credentials are those of the environment.
func Open(ctx context.Context, address string) (*Bucket, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, fmt.Errorf("cannot read the address: %w", err)
	}
	folder := strings.Trim(u.Path, "/")
	u.Path = ""
	b, err := blob.OpenBucket(ctx, u.String())
	if err != nil {
		return nil, fmt.Errorf("cannot open %s: %w", u.Redacted(), err)
	}
	if folder != "" {
		b = blob.PrefixedBucket(b, folder+"/")
	}
	return &Bucket{b}, nil
}

// Close ends the use of the storage.
func (b *Bucket) Close() error { return b.bucket.Close() }

// Read implements scale.Storage.
func (b *Bucket) Read(ctx context.Context, name string) ([]byte, error) {
	data, err := b.bucket.ReadAll(ctx, name)
	if gcerrors.Code(err) == gcerrors.NotFound {
		return nil, fmt.Errorf("%s: %w", name, fs.ErrNotExist)
	}
	return data, err
}

// Write implements scale.Storage: an object is there when all of it is.
func (b *Bucket) Write(ctx context.Context, name string, data []byte) error {
	return b.bucket.WriteAll(ctx, name, data, nil)
}

// List implements scale.Storage.
func (b *Bucket) List(ctx context.Context, folder string) ([]string, error) {
	prefix := folder + "/"
	var names []string
	err := b.each(ctx, &blob.ListOptions{Prefix: prefix, Delimiter: "/"}, func(o *blob.ListObject) error {
		names = append(names, strings.TrimSuffix(strings.TrimPrefix(o.Key, prefix), "/"))
		return nil
	})
	return names, err
}

func (b *Bucket) each(ctx context.Context, o *blob.ListOptions, f func(*blob.ListObject) error) error {
	for it := b.bucket.List(o); ; {
		object, err := it.Next(ctx)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = f(object)
		}
		if err != nil {
			return err
		}
	}
}

// Copy is a job in a folder of this machine, for commands that know folders alone.
type Copy struct {
	bucket *Bucket
	root   *os.Root
	stored map[string]state
}

// state tells a file that has changed.
type state struct {
	size int64
	time time.Time
}

// Fetch copies what is stored into a folder.
func (b *Bucket) Fetch(ctx context.Context, dir string) (*Copy, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("cannot fetch the job: %w", err)
	}
	c := &Copy{b, root, map[string]state{}}
	err = b.each(ctx, nil, func(o *blob.ListObject) error {
		data, err := b.Read(ctx, o.Key)
		if err != nil {
			return err
		}
		name := filepath.FromSlash(o.Key) // below the root whatever it is: see os.Root
		if err := root.MkdirAll(filepath.Dir(name), 0o750); err != nil {
			return err
		}
		if err := root.WriteFile(name, data, 0o600); err != nil {
			return err
		}
		info, err := root.Stat(name)
		if err == nil {
			c.stored[o.Key] = state{info.Size(), info.ModTime()}
		}
		return err
	})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("cannot fetch the job: %w", err), root.Close())
	}
	return c, nil
}

// Close ends the use of the folder, which stays.
func (c *Copy) Close() error { return c.root.Close() }

// Store writes what is new or has changed in the folder back, and returns how many files it is.
func (c *Copy) Store(ctx context.Context) (n int, err error) {
	err = fs.WalkDir(c.root.FS(), ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		is := state{info.Size(), info.ModTime()}
		if c.stored[name] == is {
			return nil
		}
		data, err := c.root.ReadFile(filepath.FromSlash(name))
		if err == nil {
			err = c.bucket.Write(ctx, name, data)
		}
		if err == nil {
			c.stored[name] = is
			n++
		}
		return err
	})
	if err != nil {
		return n, fmt.Errorf("cannot store the job: %w", err)
	}
	return n, nil
}
