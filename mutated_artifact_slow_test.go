//go:build slow

package fusor

import "testing"

func TestManyMutatedArtifacts(t *testing.T) { mutateArtifacts(t, 5000) }
