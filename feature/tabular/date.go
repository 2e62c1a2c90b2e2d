package tabular

import (
	"encoding/binary"
	"math"
	"time"
)

// dateFit learns the trend's scale and whether times of day occur.
type dateFit struct {
	sample
	times  bool
	absent int
}

var _ fieldFit = (*dateFit)(nil)

const secondsPerDay = 86400

func (f *dateFit) fresh() fieldFit { return &dateFit{} }
func (f *dateFit) missing() *int   { return &f.absent }

func (f *dateFit) add(c cell) {
	sec := int64(binary.LittleEndian.Uint64(c.bytes))
	f.times = f.times || sec%secondsPerDay != 0
	f.push(float64(sec) / secondsPerDay)
}

func (f *dateFit) merge(other fieldFit) bool {
	g, ok := other.(*dateFit)
	if ok {
		f.join(&g.sample)
		f.times = f.times || g.times
	}
	return ok
}

func (f *dateFit) state() fieldState {
	mean, inv, _ := moments(f.sorted())
	return fieldState{Kind: "date", Mean: mean, Inverse: inv, Times: f.times}
}

// date fills sine and cosine of the day of the year and of the week, the trend,
// and sine and cosine of the time of day.
func (s *fieldState) date(out []float32, sec int64) {
	t := time.Unix(sec, 0).UTC()
	turn := func(at int, part float64) {
		sin, cos := math.Sincos(2 * math.Pi * part)
		out[at], out[at+1] = float32(sin), float32(cos)
	}
	turn(0, float64(t.YearDay()-1)/365.25)
	turn(2, float64(t.Weekday())/7)
	out[4] = clip((float64(sec)/secondsPerDay - s.Mean) * s.Inverse)
	if s.Times {
		turn(5, float64(t.Hour()*3600+t.Minute()*60+t.Second())/secondsPerDay)
	}
}
