//go:build !amd64 || purego

package kernel

func detectTier() Tier { return Plain }
