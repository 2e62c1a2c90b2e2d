package heap

import (
	"runtime"
	"runtime/debug"
	"testing"
	"time"
)

func TestGCPercent(t *testing.T) {
	for _, c := range []struct {
		live uint64
		want int
	}{{0, 1600}, {goFloor, 1600}, {16 << 20, 400}, {floor, 100}, {1 << 30, percent}} {
		if got := gcPercent(c.live); got != c.want {
			t.Errorf("with %d bytes alive: %d %%, want %d", c.live, got, c.want)
		}
	}
}

func TestFloor(t *testing.T) {
	t.Setenv("GOGC", "")
	before := debug.SetGCPercent(100)
	defer debug.SetGCPercent(before)
	SetFloor()
	kept := make([]byte, 32<<20)
	for range 100 { // what follows a collection runs beside the program
		runtime.GC()
		time.Sleep(10 * time.Millisecond)
		percent := debug.SetGCPercent(100)
		debug.SetGCPercent(percent)
		if percent > 150 && percent <= 200 {
			runtime.KeepAlive(kept)
			return
		}
	}
	t.Fatal("the percentage does not follow what lives")
}
