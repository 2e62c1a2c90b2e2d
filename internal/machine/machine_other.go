//go:build !unix && !windows

package machine

// faults is empty where the errors of the system are not known.
var faults []error
