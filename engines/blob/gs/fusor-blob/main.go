// Command fusor-blob is that of module blob, which runs a command on a job in an object store, for
// gs:// addresses as well:
//
//	fusor-blob gs://bucket/job fusor work {} --stage fit --index-env JOB_COMPLETION_INDEX
package main

import (
	"github.com/fusor-ml/fusor/engines/blob/command"
	_ "github.com/fusor-ml/fusor/engines/blob/gs" // gs:// addresses
)

func main() { command.Main() }
