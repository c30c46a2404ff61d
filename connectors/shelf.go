package connectors

import (
	"context"
	"time"
)

// Delivered is a file that was delivered and still lies at the far side: where
// it was put, or where the receiver moves what it has taken.
type Delivered struct {
	Folder, Name string
	Size         int64
	ModTime      time.Time
}

// Shelf is a Sink whose far side can be looked through. It changes nothing
// there. The hub asks after a restore, when it knows less than the far side.
type Shelf interface {
	// Delivered lists the files; others may have put some of them there.
	Delivered(ctx context.Context) ([]Delivered, error)
	// Fetch reads one of them.
	Fetch(ctx context.Context, d Delivered) ([]byte, error)
}
