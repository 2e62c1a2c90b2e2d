// Package heap keeps the garbage collector from working for nothing in small processes.
package heap

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

// floor is how much a process may allocate from one collection to the next, however little of it
// lives. Go's own floor of 4 MB makes a process that is over in 30 ms collect several times, and
// one that reads many small cells all the time.
const floor = 64 << 20

// goFloor is the size of the heap, in bytes, at which Go collects first with GOGC=100 (package
// runtime).
const goFloor = 4 << 20

// percent is how much a large heap grows from one collection to the next, of what lives. Tables and
// features are mostly memory without pointers, of which a collection costs little, where Go's own
// 100 would hold as much garbage as there is data.
const percent = 25

// SetFloor lets the heap grow by floor, or by percent of what lives if that is more, between
// collections. A GOGC of the user's is.
func SetFloor() {
	if os.Getenv("GOGC") != "" {
		return
	}
	debug.SetGCPercent(gcPercent(goFloor))
	afterCollection(func() { debug.SetGCPercent(gcPercent(live())) })
}

// leastLimit is the least that SetLimit sets: what the program itself and a collection take.
const leastLimit = 64 << 20

// SetLimit lets the process take about so many bytes of memory, files that are mapped aside: near
// them garbage is collected more often. What is in use stays, even beyond.
func SetLimit(bytes int64) {
	debug.SetMemoryLimit(max(leastLimit, bytes-bytes/16)) // the program and its files take some as well
}

// gcPercent is the growth of the heap over what lives, in percent of it.
func gcPercent(alive uint64) int {
	return int(max(percent, 100*floor/max(alive, goFloor)))
}

// live is what the last collection found alive, in bytes.
func live() uint64 {
	s := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(s)
	return s[0].Value.Uint64()
}

// afterCollection calls f after every garbage collection, one call at a time.
func afterCollection(f func()) {
	type mark struct{ _ *byte } // with a pointer, so that it is collected by itself
	var again func(struct{})
	again = func(struct{}) {
		f()
		runtime.AddCleanup(&mark{}, again, struct{}{})
	}
	runtime.AddCleanup(&mark{}, again, struct{}{})
}
