// Package kubernetes holds the manifest of an Indexed Job to the types of Kubernetes itself, in a
// module of its own so that nothing else depends on them.
package kubernetes

import (
	"os"
	"strings"
	"testing"

	batch "k8s.io/api/batch/v1"
	core "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"
)

// filled returns the manifest as engines/kubernetes/run.sh fills it in.
func filled(t *testing.T) []byte {
	t.Helper()
	data, err := os.ReadFile("../../engines/kubernetes/job.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return []byte(strings.NewReplacer(
		"${NAME}", "fusor-1f2e3d", "${STAGE}", "extract", "${TASKS}", "12", "${PARALLELISM}", "50", "${IMAGE}", "fusor", "${CLAIM}", "fusor", "${JOB}", "/data/job",
	).Replace(string(data)))
}

// A field that Kubernetes does not have, or of another type, is refused.
func TestJobManifest(t *testing.T) {
	var job batch.Job
	if err := yaml.UnmarshalStrict(filled(t), &job); err != nil {
		t.Fatal(err)
	}
	if job.APIVersion != batch.SchemeGroupVersion.String() || job.Kind != "Job" || job.Name != "fusor-1f2e3d-extract" {
		t.Errorf("it is %s %s %q", job.APIVersion, job.Kind, job.Name)
	}
	s := job.Spec
	if s.CompletionMode == nil || *s.CompletionMode != batch.IndexedCompletion || s.Completions == nil || *s.Completions != 12 || s.Parallelism == nil || *s.Parallelism != 50 {
		t.Errorf("it has no index for each of 12 tasks: %+v", s)
	}
	// The API server takes both of an Indexed Job alone, and of pods that are never restarted.
	if s.BackoffLimitPerIndex == nil || s.MaxFailedIndexes == nil || *s.MaxFailedIndexes > *s.Completions || s.Template.Spec.RestartPolicy != core.RestartPolicyNever {
		t.Errorf("an index that fails is not tried again by itself: %+v", s)
	}
	pod := s.Template.Spec
	claims := map[string]bool{}
	for _, v := range pod.Volumes {
		claims[v.Name] = v.PersistentVolumeClaim != nil && v.PersistentVolumeClaim.ClaimName == "fusor"
	}
	for _, c := range pod.Containers {
		if c.Resources.Requests.Cpu().MilliValue() != 1000 || c.Resources.Requests.Memory().Value() != 2<<30 {
			t.Errorf("container %s asks for %v", c.Name, c.Resources.Requests)
		}
		for _, m := range c.VolumeMounts {
			if !claims[m.Name] {
				t.Errorf("container %s mounts %s, which is no volume of the claim", c.Name, m.Name)
			}
		}
	}
	if len(pod.Containers) != 1 {
		t.Errorf("it has %d containers", len(pod.Containers))
	}
}

// The check refuses what it should.
func TestJobManifestIsStrict(t *testing.T) {
	for _, change := range [][2]string{{"backoffLimitPerIndex:", "backoffLimitByIndex:"}, {"completions: 12", "completions: many"}, {"claimName:", "claim:"}} {
		text := strings.Replace(string(filled(t)), change[0], change[1], 1)
		var job batch.Job
		if err := yaml.UnmarshalStrict([]byte(text), &job); err == nil {
			t.Errorf("%s is taken", change[1])
		}
	}
}
