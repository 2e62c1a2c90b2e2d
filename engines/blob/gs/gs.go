// Package gs lets package blob open addresses of Google Cloud Storage, such as
// gs://bucket/folder/job. Credentials are the application's default ones; STORAGE_EMULATOR_HOST is
// the address of another server of the protocol. See gocloud.dev/blob/gcsblob.
package gs

import _ "gocloud.dev/blob/gcsblob" // registers itself
