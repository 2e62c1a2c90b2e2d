// Package kubernetes_test runs the command of the Job's container as Kubernetes would.
package kubernetes_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
)

// TestJob does the tasks of every stage by their completion index, in three processes at once, one
// of which is killed and begun again, as backoffLimitPerIndex does.
func TestJob(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("containers of Linux")
	}
	dir := t.TempDir()
	fusor := filepath.Join(dir, "fusor")
	if out, err := exec.Command("go", "build", "-trimpath", "-o", fusor, "../../cmd/fusor").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	var table bytes.Buffer
	table.WriteString("id,label,text,price\n")
	for i := range 80 {
		fmt.Fprintf(&table, "%d,%s,a thing that is %s in row %d,%d\n", i, []string{"neg", "pos"}[i%2], []string{"bad", "good"}[(i+i/7%2)%2], i%9, i%5)
	}
	if err := os.WriteFile(filepath.Join(dir, "rows.csv"), table.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	run := func(env string, args ...string) *exec.Cmd {
		cmd := exec.Command(fusor, args...)
		cmd.Dir, cmd.Env = dir, append(os.Environ(), "XDG_CACHE_HOME="+dir, "LC_ALL=C", env)
		return cmd
	}
	must := func(args ...string) {
		t.Helper()
		if out, err := run("", args...).CombinedOutput(); err != nil {
			t.Fatalf("%v: %v: %s", args, err, out)
		}
	}
	flags := []string{"--fusions", "mean,concat", "--folds", "2", "--epochs", "3", "-q"}
	must(append([]string{"compare", "rows.csv", "-o", "plain"}, flags...)...)
	must(append([]string{"tasks", "compare", "rows.csv", "-o", "job", "--block", "10"}, flags...)...)

	var job struct {
		Stages []struct {
			Name  string `json:"name"`
			Tasks int    `json:"tasks"`
		} `json:"stages"`
	}
	data, err := os.ReadFile(filepath.Join(dir, "job", "job.json"))
	if err == nil {
		err = json.Unmarshal(data, &job)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, stage := range job.Stages {
		args := containerArgs(t, stage.Name, stage.Tasks)
		slots := make(chan bool, 3)
		done := make(chan error, stage.Tasks)
		for index := range stage.Tasks {
			go func() {
				slots <- true
				defer func() { <-slots }()
				env := fmt.Sprintf("JOB_COMPLETION_INDEX=%d", index)
				if index == 1 { // lost with its machine, at some moment
					cmd := run(env, args...)
					if err := cmd.Start(); err != nil {
						done <- err
						return
					}
					time.Sleep(time.Duration(20+10*len(stage.Name)) * time.Millisecond)
					cmd.Process.Kill() //nolint:errcheck // it may have ended
					cmd.Wait()         //nolint:errcheck // killed
				}
				out, err := run(env, args...).CombinedOutput()
				if err != nil {
					err = fmt.Errorf("%s, index %d: %w: %s", stage.Name, index, err, out)
				}
				done <- err
			}()
		}
		for range stage.Tasks {
			if err := <-done; err != nil {
				t.Fatal(err)
			}
		}
	}
	must("merge", "job", "-o", "merged", "-q")
	for _, name := range []string{"model.fusor", "classes.csv", "subsets.csv"} {
		got, err1 := os.ReadFile(filepath.Join(dir, "merged", name))
		want, err2 := os.ReadFile(filepath.Join(dir, "plain", name))
		if err1 != nil || err2 != nil || !bytes.Equal(got, want) {
			t.Errorf("%s differs: %v, %v", name, err1, err2)
		}
	}
}

// containerArgs returns the arguments of the Job's container for a stage. It decodes the Job into
// the fields that batch/v1 and core/v1 have for what it uses, and refuses any other.
func containerArgs(t *testing.T, stage string, tasks int) []string {
	t.Helper()
	data, err := os.ReadFile("job.yaml")
	if err != nil {
		t.Fatal(err)
	}
	text := strings.NewReplacer("${NAME}", "fusor-test", "${STAGE}", stage, "${TASKS}", fmt.Sprint(tasks), "${PARALLELISM}", "3",
		"${IMAGE}", "fusor", "${CLAIM}", "data", "${JOB}", "job").Replace(string(data))
	var job struct {
		APIVersion string `yaml:"apiVersion"`
		Kind       string `yaml:"kind"`
		Metadata   struct {
			Name   string            `yaml:"name"`
			Labels map[string]string `yaml:"labels"`
		} `yaml:"metadata"`
		Spec struct {
			CompletionMode       string `yaml:"completionMode"`
			Completions          int32  `yaml:"completions"`
			Parallelism          int32  `yaml:"parallelism"`
			BackoffLimitPerIndex int32  `yaml:"backoffLimitPerIndex"`
			MaxFailedIndexes     int32  `yaml:"maxFailedIndexes"`
			Template             struct {
				Spec struct {
					RestartPolicy string `yaml:"restartPolicy"`
					Containers    []struct {
						Name         string                       `yaml:"name"`
						Image        string                       `yaml:"image"`
						Args         []string                     `yaml:"args"`
						Resources    map[string]map[string]string `yaml:"resources"`
						VolumeMounts []struct {
							Name      string `yaml:"name"`
							MountPath string `yaml:"mountPath"`
						} `yaml:"volumeMounts"`
					} `yaml:"containers"`
					Volumes []struct {
						Name                  string            `yaml:"name"`
						PersistentVolumeClaim map[string]string `yaml:"persistentVolumeClaim"`
					} `yaml:"volumes"`
				} `yaml:"spec"`
			} `yaml:"template"`
		} `yaml:"spec"`
	}
	if err := yaml.UnmarshalWithOptions([]byte(text), &job, yaml.Strict()); err != nil {
		t.Fatal(err)
	}
	spec := job.Spec
	if job.APIVersion != "batch/v1" || job.Kind != "Job" || spec.CompletionMode != "Indexed" || int(spec.Completions) != tasks || spec.Template.Spec.RestartPolicy != "Never" {
		t.Fatalf("not an Indexed Job of %d: %+v", tasks, job)
	}
	return spec.Template.Spec.Containers[0].Args
}
