//go:build slow

package fusor_test

import (
	"testing"

	"github.com/fusor-ml/fusor"
	"github.com/fusor-ml/fusor/dataset"
)

func TestVerdictComputedTwiceSlow(t *testing.T) {
	f := func(name string, data dataset.Options, seeds int, fusions ...string) {
		t.Run(name, func(t *testing.T) { checkVerdict(t, name, fusor.Setup{Data: data, Seeds: seeds}, fusions...) })
	}
	f("leaves100", dataset.Options{}, 0, "mean", "concat", "attention")
	f("mfeat", dataset.Options{}, 0, "mean", "concat", "attention")
	f("wikipedia", dataset.Options{}, 5, "mean", "concat", "attention")
	f("mosi", dataset.Options{Group: "video_id", Order: "utterance"}, 3, "mean", "concat", "bilstm")
	f("av_digits", dataset.Options{Group: "speaker"}, 2, "mean", "concat", "attention")
	f("clothing", dataset.Options{}, 2, "mean", "concat", "attention")
}
