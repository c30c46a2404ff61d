package connectors

import (
	"context"
	"time"
)

// Fate is what became of a file that was received.
type Fate struct {
	Receipt
	// Known is set when the file has had its effect. If it is not, the file is
	// stored and has it later; what then stops it is for a person at the hub.
	Known bool
	// Refused is a file for whoever sent this one: the rows that had no effect,
	// each with its line and the reason. Nil if all had.
	Refused []byte
}

// FileReceiver is a Receiver that waits until a file had its effect, and says
// what became of it row by row.
type FileReceiver interface {
	Receiver
	// ReceiveFile stores e, or does at once what the file asks for, and waits
	// for its effect, at most for patience where that is somebody else's work.
	// When it returns without an error the hub holds the file (law 1). It may be
	// called again with the same file: it has the effect of once.
	//
	// An error is a *fault.Error: Unavailable leaves the file to be taken again;
	// any other says why nothing in it had an effect, for its sender to read. The
	// hub then holds the file if the error is of kind Stopped, or if the Fate has
	// a MessageID.
	// That ctx ends does not undo what is stored.
	ReceiveFile(ctx context.Context, e Envelope, patience time.Duration) (Fate, error)
	// FileRefused tells of a file that is put aside because of why, and that the
	// hub does not hold: people would look for it there in vain. It comes
	// before the file is moved, and may come again. An error leaves the file to
	// be put aside later.
	FileRefused(ctx context.Context, e Envelope, why error) error
}
