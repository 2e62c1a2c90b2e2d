//go:build !unix

package main

import "os"

// notifyReload does nothing where there is no SIGHUP; --watch loads models again.
func notifyReload(chan<- os.Signal) {}
