//go:build !unix

package load

import "time"

// ownTime is the processor time that this process has used; it is not known here.
func ownTime() time.Duration { return 0 }
