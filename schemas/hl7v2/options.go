package hl7v2

// Limits that hold where Options leaves a field zero.
const (
	DefaultMaxBytes    = 16 << 20
	DefaultMaxSegments = 50_000
	DefaultMaxFields   = 5_000
)

// Options bound and steer Parse. The zero value is tolerant, with the default
// limits and the charset that the message declares.
type Options struct {
	// MaxBytes is the largest message read, in bytes; 0 means
	// DefaultMaxBytes. A message never exceeds 2 GiB.
	MaxBytes int
	// MaxSegments bounds the segments of a message; 0 means
	// DefaultMaxSegments.
	MaxSegments int
	// MaxFields bounds the fields of one segment; 0 means DefaultMaxFields.
	MaxFields int
	// Charset overrides MSH-18, as "8859/1", "UNICODE UTF-8" or
	// "WINDOWS-1252", for a feed that declares the wrong one. Empty: MSH-18
	// decides.
	Charset string
	// Strictness says which departures from the standard Parse refuses.
	Strictness Strictness
}

func (o Options) withDefaults() Options {
	o.MaxBytes = limit(o.MaxBytes, DefaultMaxBytes, 1<<31-1)
	o.MaxSegments = limit(o.MaxSegments, DefaultMaxSegments, 1<<31-1)
	o.MaxFields = limit(o.MaxFields, DefaultMaxFields, 1<<31-1)
	return o
}

func limit(n, fallback, most int) int {
	if n <= 0 {
		return fallback
	}
	return min(n, most)
}
