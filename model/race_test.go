//go:build race

package model

// raceOn: the race detector allocates on its own account.
const raceOn = true
