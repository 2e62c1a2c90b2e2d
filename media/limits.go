package media

import "context"

// Limits bound what is decoded of one medium where less is to be done for it than usual, as for the
// request of a stranger. A zero is no further bound.
type Limits struct {
	Pixels  int64 // of a picture, as its header claims
	Seconds int   // of a sound; of a film that is longer the rest is left out
}

type limitsKey struct{}

// WithLimits returns a context in which media are decoded within l.
func WithLimits(ctx context.Context, l Limits) context.Context {
	return context.WithValue(ctx, limitsKey{}, l)
}

func limitsOf(ctx context.Context) Limits {
	l, _ := ctx.Value(limitsKey{}).(Limits)
	return l
}

// seconds returns how much of a sound or film is decoded where most is the usual bound.
func (l Limits) seconds(most int) int {
	if l.Seconds > 0 {
		return min(most, l.Seconds)
	}
	return most
}
