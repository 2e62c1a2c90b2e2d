// Command fusor-blob runs a command on a job in an object store:
//
//	fusor-blob s3://bucket/job fusor tasks compare shop.csv -o {}
//	fusor-blob s3://bucket/job fusor work {} --stage fit --index-env JOB_COMPLETION_INDEX
//	fusor-blob s3://bucket/job fusor merge {} -o result
//
// It fetches the job into a temporary folder, whose name takes the place of {}, runs the command
// there and stores what that made, also where it failed: parts are whole or absent. It ends with the
// command's exit code.
package main

import "github.com/fusor-ml/fusor/engines/blob/command"

func main() { command.Main() }
