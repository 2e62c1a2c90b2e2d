package command_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/fusor-ml/fusor/engines/blob"
	"github.com/fusor-ml/fusor/engines/blob/command"
	"github.com/fusor-ml/fusor/engines/blob/internal/localstore"
)

// serve returns the address of a job on a local S3 server.
func serve(t *testing.T) string {
	t.Helper()
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skip("the commands of this test are lines of a POSIX shell, and there is no sh")
	}
	return localstore.Open(t, "job")
}

// What a command makes is stored, also where it fails, and the next one finds it.
func TestRun(t *testing.T) {
	address := serve(t)
	err := command.Run(t.Context(), address, []string{"sh", "-c", `mkdir "$0/parts" && echo made > "$0/parts/a" && exit 3`, "{}"})
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 3 {
		t.Errorf("the command's exit code is lost: %v", err)
	}
	if err := command.Run(t.Context(), address, []string{"sh", "-c", `cp "$0/parts/a" "$0/parts/b"`, "{}"}); err != nil {
		t.Fatal(err)
	}
	b, err := blob.Open(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close() //nolint:errcheck // it was read
	if data, err := b.Read(t.Context(), "parts/b"); string(data) != "made\n" || err != nil {
		t.Errorf("the part holds %q, %v", data, err)
	}
}

// A job in a bucket, made, worked on and merged by fusor itself, has the model of one machine.
func TestJob(t *testing.T) {
	address, dir := serve(t), t.TempDir()
	fusor := filepath.Join(dir, "fusor")
	build := exec.Command("go", "build", "-trimpath", "-o", fusor, "./cmd/fusor")
	build.Dir = "../../.."
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	var table bytes.Buffer
	table.WriteString("label,text,price\n")
	for i := range 60 {
		fmt.Fprintf(&table, "%s,a thing that is %s in row %d,%d\n", []string{"neg", "pos"}[i%2], []string{"bad", "good"}[(i+i/7%2)%2], i%9, i%5)
	}
	if err := os.WriteFile(filepath.Join(dir, "rows.csv"), table.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)
	t.Setenv("XDG_CACHE_HOME", dir)
	flags := []string{"--fusions", "mean", "--folds", "2", "--epochs", "2", "-q"}
	if out, err := exec.Command(fusor, append([]string{"compare", "rows.csv", "-o", "plain"}, flags...)...).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for _, args := range [][]string{
		append([]string{fusor, "tasks", "compare", "rows.csv", "-o", "{}", "--block", "20"}, flags...),
		{fusor, "work", "{}", "--task", "0"},
		{fusor, "work", "{}"},
		{fusor, "merge", "{}", "-o", "merged"},
	} {
		if err := command.Run(t.Context(), address, args); err != nil {
			t.Fatalf("%v: %v", args, err)
		}
	}
	want, err := os.ReadFile(filepath.Join("plain", "model.fusor"))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(filepath.Join("merged", "model.fusor")); !bytes.Equal(got, want) || err != nil {
		t.Errorf("the model is another one than that of one machine, %v", err)
	}
}
