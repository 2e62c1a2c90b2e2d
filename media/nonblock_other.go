//go:build !unix

package media

const nonblock = 0
