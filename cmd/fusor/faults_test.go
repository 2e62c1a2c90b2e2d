//go:build linux

package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// account runs the command in a folder, as an account that file modes bind.
type account struct {
	t        *testing.T
	bin, dir string
	attr     *syscall.SysProcAttr
}

// newAccount makes the folder. Where the tests run as root, whom no mode binds, the command runs as
// nobody; the test is skipped where that cannot be done.
func newAccount(t *testing.T) account {
	t.Helper()
	bin, err := exec.LookPath("fusor")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	a := account{t: t, bin: bin, dir: dir}
	if os.Geteuid() != 0 {
		return a
	}
	const nobody = 65534
	a.attr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	a.bin = filepath.Join(dir, "fusor")
	copyTo(t, a.bin, bin)
	for _, d := range []string{dir, filepath.Dir(dir)} {
		if err := os.Chmod(d, 0o777); err != nil { //nolint:gosec // that nobody may work there
			t.Fatal(err)
		}
	}
	if _, errs, code := a.run(nil, "version"); code != 0 {
		t.Skipf("as root no file is out of reach, and as nobody nothing can be run here: %s", errs)
	}
	return a
}

func copyTo(t *testing.T, to, from string) {
	t.Helper()
	data, err := os.ReadFile(from)
	if err == nil {
		err = os.WriteFile(to, data, 0o755) //nolint:gosec // a program
	}
	if err != nil {
		t.Fatal(err)
	}
}

// write makes a file of the folder with these permissions.
func (a account) write(name, content string, mode os.FileMode) {
	a.t.Helper()
	path := filepath.Join(a.dir, name)
	err := os.WriteFile(path, []byte(content), 0o600)
	if err == nil {
		err = os.Chmod(path, mode)
	}
	if err != nil {
		a.t.Fatal(err)
	}
}

// run runs fusor, with its answer written to out if that is not nil.
func (a account) run(out io.Writer, args ...string) (answer, errs string, code int) {
	a.t.Helper()
	var stdout, stderr bytes.Buffer
	c := exec.Command(a.bin, args...)
	c.Dir, c.SysProcAttr = a.dir, a.attr
	c.Env = append(os.Environ(), "HOME="+a.dir, "FUSOR_CACHE="+filepath.Join(a.dir, "cache"), "XDG_CACHE_HOME="+filepath.Join(a.dir, "cache"))
	c.Stdout, c.Stderr = &stdout, &stderr
	if out != nil {
		c.Stdout = out
	}
	if err := c.Run(); err != nil && c.ProcessState == nil {
		return "", err.Error(), -1
	}
	return stdout.String(), stderr.String(), c.ProcessState.ExitCode()
}

// fails runs fusor, which must end with 1 and one line that holds want, and leave no other file in
// the folder than there was.
func (a account) fails(out io.Writer, want string, args ...string) {
	a.t.Helper()
	before := a.files()
	_, errs, code := a.run(out, args...)
	if code != 1 || !strings.Contains(errs, want) || strings.Contains(errs, "goroutine ") {
		a.t.Errorf("fusor %s ended with %d and %q, want 1 and %q", strings.Join(args, " "), code, errs, want)
	}
	if after := a.files(); !slices.Equal(before, after) {
		a.t.Errorf("fusor %s left %q where there was %q", strings.Join(args, " "), after, before)
	}
}

// files lists the files of the folder, without those of the cache.
func (a account) files() (names []string) {
	a.t.Helper()
	err := filepath.WalkDir(a.dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && d.IsDir() && d.Name() == "cache" {
			return filepath.SkipDir
		}
		if err == nil && !d.IsDir() {
			names = append(names, strings.TrimPrefix(path, a.dir+"/"))
		}
		return nil
	})
	if err != nil {
		a.t.Fatal(err)
	}
	return names
}

// table is one of 40 rows of texts.
func plainTable() string {
	var b strings.Builder
	b.WriteString("text,label\n")
	for i := range 40 {
		fmt.Fprintf(&b, "%s words of a text %d,%s\n", [...]string{"warm", "cold"}[i%2], i, [...]string{"day", "night"}[i%2])
	}
	return b.String()
}

// What may not be read or written ends the command before anything is left behind.
func TestPermissionDenied(t *testing.T) {
	a := newAccount(t)
	a.write("t.csv", plainTable(), 0o644)
	if _, errs, code := a.run(nil, "train", "t.csv", "-o", "m.fusor", "--epochs", "1", "-q"); code != 0 {
		t.Fatal(errs)
	}
	model, err := os.ReadFile(filepath.Join(a.dir, "m.fusor"))
	if err != nil {
		t.Fatal(err)
	}
	a.write("locked.csv", plainTable(), 0)
	a.write("locked.fusor", string(model), 0)
	pictures, heard := "photo,text,label\n", strings.Split(strings.TrimSpace(plainTable()), "\n")
	for i, row := range heard[1:] {
		pictures += fmt.Sprintf("p%d.png,%s\n", i, row)
		a.write(fmt.Sprintf("p%d.png", i), "no picture", map[bool]os.FileMode{true: 0, false: 0o644}[i == 7])
	}
	a.write("media.csv", pictures, 0o644)
	if err := os.Mkdir(filepath.Join(a.dir, "ro"), 0o555); err != nil {
		t.Fatal(err)
	}
	for _, command := range []string{
		"inspect locked.csv", "train locked.csv -o a.fusor", "compare locked.csv -o ro/a", "evaluate m.fusor locked.csv", "predict m.fusor locked.csv",
		"explain m.fusor locked.csv", "extract locked.csv -o a.npy",
		"inspect media.csv", "train media.csv -o a.fusor", "extract media.csv -o a",
		"info locked.fusor", "predict locked.fusor t.csv", "evaluate locked.fusor t.csv", "serve locked.fusor", "export locked.fusor -o a.onnx",
		"train t.csv -o ro/a.fusor", "compare t.csv -o ro/a", "predict m.fusor t.csv -o ro/a.csv", "export m.fusor -o ro/a.onnx",
		"extract t.csv -o ro/a", "explain m.fusor t.csv -o ro/a",
	} {
		a.fails(nil, "permission denied", strings.Fields(command)...)
	}
}

// An answer that cannot be written is no success.
func TestNoSpace(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skipf("no device that is always full: %v", err)
	}
	defer full.Close()
	a := newAccount(t)
	a.write("t.csv", plainTable(), 0o644)
	if _, errs, code := a.run(nil, "train", "t.csv", "-o", "m.fusor", "--epochs", "1", "-q"); code != 0 {
		t.Fatal(errs)
	}
	for _, command := range []string{
		"inspect t.csv", "predict m.fusor t.csv", "evaluate m.fusor t.csv", "explain m.fusor t.csv", "info m.fusor",
		"compare t.csv --epochs 1 --folds 2 --fusions mean", "views", "version",
	} {
		a.fails(full, "no space left on device", strings.Fields(command)...)
	}
	for _, command := range []string{"train t.csv --epochs 1 -o /dev/full", "predict m.fusor t.csv -o /dev/full", "export m.fusor -o /dev/full", "inspect t.csv --json /dev/full", "evaluate m.fusor t.csv --json /dev/full"} {
		a.fails(nil, "no space left on device", strings.Fields(command)...)
	}
}

// With too few descriptors a command ends, or does all of its work: there is no third.
func TestTooManyOpenFiles(t *testing.T) {
	a := newAccount(t)
	a.write("t.csv", plainTable(), 0o644)
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skipf("no shell that bounds descriptors: %v", err)
	}
	if _, errs, code := a.run(nil, "train", "t.csv", "-o", "m.fusor", "--epochs", "1", "-q"); code != 0 {
		t.Fatal(errs)
	}
	whole, _, _ := a.run(nil, "predict", "m.fusor", "t.csv")
	fusor := a.bin
	a.bin = sh
	for limit := 7; limit < 12; limit++ {
		answer, errs, code := a.run(nil, "-c", fmt.Sprintf("ulimit -n %d && exec %s predict m.fusor t.csv", limit, fusor))
		if code == 0 && answer != whole || code == 1 && !strings.Contains(errs, "too many open files") || code != 0 && answer != "" {
			t.Errorf("with %d descriptors: ended with %d, %q and %d bytes of %d", limit, code, errs, len(answer), len(whole))
		}
	}
}
