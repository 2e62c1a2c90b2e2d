package npy

import (
	"archive/zip"
	"fmt"
	"io"
	"math"
	"strings"
)

// Limits on what an archive may unfold to. Deflate cannot shrink more than 1032:1, so a
// zip bomb is either huge itself or refused here by what its directory claims; what a member
// then really yields is bounded by its claim.
const (
	maxMembers  = 10_000
	freeUnfold  = 256 << 20 // an archive may always unfold to this much,
	maxExpand   = 100       // and beyond it to this many times its own size
	maxNameSize = 1 << 10
)

// ReadZip reads every .npy member of an .npz archive of size bytes, in the archive's order.
func ReadZip[T Float](r io.ReaderAt, size int64) ([]Named[T], error) {
	z, err := zip.NewReader(r, size)
	if err != nil {
		return nil, fmt.Errorf("not an .npz archive: %w", err)
	}
	if len(z.File) > maxMembers {
		return nil, fmt.Errorf("the archive has %d members; more than %d are refused", len(z.File), maxMembers)
	}
	var total uint64
	for _, f := range z.File {
		if total += f.UncompressedSize64; f.UncompressedSize64 > math.MaxInt64/2 || total > math.MaxInt64/2 {
			return nil, fmt.Errorf("the archive claims an impossible size")
		}
	}
	if limit := max(freeUnfold, uint64(size)*maxExpand); total > limit {
		return nil, fmt.Errorf("the archive of %d bytes would unfold to %d bytes (a zip bomb?); more than %d are refused", size, total, limit)
	}
	var out []Named[T]
	seen := map[string]bool{}
	for _, f := range z.File {
		name, ok := strings.CutSuffix(f.Name, ".npy")
		if !ok {
			continue
		}
		if len(name) > maxNameSize || seen[name] {
			return nil, fmt.Errorf("member %.40q: a name that is too long or there twice", name)
		}
		seen[name] = true
		a, err := readMember[T](f)
		if err != nil {
			return nil, fmt.Errorf("member %q: %w", f.Name, err)
		}
		out = append(out, Named[T]{Name: name, Array: *a})
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("the archive holds no .npy member")
	}
	return out, nil
}

// readMember reads one array to the member's end, so that its checksum is verified.
func readMember[T Float](f *zip.File) (*Array[T], error) {
	rc, err := f.Open()
	if err != nil {
		return nil, err
	}
	defer rc.Close()
	a, err := Read[T](rc, int64(f.UncompressedSize64))
	if err != nil {
		return nil, err
	}
	if _, err := io.Copy(io.Discard, rc); err != nil {
		return nil, err
	}
	return a, nil
}
