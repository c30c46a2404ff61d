// Package connectors is the contract between the hub and the ways in which
// bytes enter and leave it: Source, Sink, Envelope and nothing else. What the
// bytes mean does not belong here, nor in any connector.
package connectors

import (
	"context"
	"time"
)

// Envelope is one message as it came off the wire, with the few facts that a
// connector may read from it without understanding it.
type Envelope struct {
	// Trust is the ODS code of the trust that the connector serves.
	Trust string
	// Connector is the name from the trust's configuration.
	Connector string
	// Format names the codec that reads Raw, as "hl7v2" or "csv".
	Format string
	// Type is the message's own type, as "DFT^P03" or "order_ack".
	Type string
	// Sender names the sending application and facility; with ControlID it
	// identifies a message within its connector (law 2).
	Sender string
	// ControlID is MSH-10, or a file's name. Empty if the sender gave none.
	ControlID string
	// SentAt is MSH-7 as the sender wrote it. Empty if there is none.
	SentAt string
	// Key orders messages: those with an equal key are handled in the order
	// of their receipt. It may hold a patient identifier, so the hub keeps
	// only a hash of it and never logs it.
	Key string
	// Digest is over the content that makes two deliveries one message; for
	// HL7 it leaves out MSH-7 and trailing blanks.
	Digest [32]byte
	// Peer is the sender's network address or file path, for people.
	Peer string
	// Raw is the message, byte for byte.
	Raw []byte
	// Spooled names the local file that holds it in place of Raw, where it may be
	// larger than memory. It is there until the receiver returns.
	Spooled string
	// ReceivedAt is when the last byte arrived.
	ReceivedAt time.Time
	// Parts are what can be read back by a name of its own, as soon as the
	// message is stored; Refers names parts of other messages to which this
	// one refers. Most formats have neither.
	Parts, Refers []Part
}

// Part is a piece of a message that has a name of its own, as a FHIR resource.
type Part struct {
	// Kind and Name name it: "Device", "4711". The same name in a later
	// message is its next version.
	Kind, Name string
	// From and To say where it stands in the message's Raw.
	From, To int
}

// Receipt says what became of an Envelope. It is given only after the commit.
type Receipt struct {
	// MessageID is the hub's number of the message.
	MessageID int64
	// Duplicate is set when the message was stored before; MessageID is then
	// the first one's.
	Duplicate bool
	// Reused is set when another message came before under the same control
	// ID; this one was stored as a message of its own.
	Reused bool
	// Answered, where it is set, is to be told the code of the answer that the
	// sender was given, once it was.
	Answered func(code string)
}

// Receiver stores messages durably. When Receive returns without an error the
// message survives a kill -9 of the hub and of PostgreSQL (law 1). An error is
// a *fault.Error: Unavailable asks the sender to try again, Invalid never
// will be taken.
type Receiver interface {
	Receive(ctx context.Context, e Envelope) (Receipt, error)
}

// Awaiter is a Receiver that also knows what became of a stored message. A
// connector whose answers wait until a message was applied needs one.
type Awaiter interface {
	// Applied waits until the message of trust with this number was applied,
	// and then returns nil. An error with the kind Unavailable, or that of
	// ctx, says that this is not known yet; any other says why the message
	// was stopped, for its sender to read.
	Applied(ctx context.Context, trust string, messageID int64) error
}

// Source brings bytes in. Run returns nil when ctx ends and everything that
// was received has been answered.
type Source interface {
	Name() string
	Run(ctx context.Context, r Receiver) error
}

// File is one outbound document with its deterministic name: the same
// document always has the same name and bytes, however often it is tried.
type File struct {
	Name string
	Body []byte
}

// Sink takes bytes out. Deliver returns nil only when the far side holds the
// whole file under its final name. It may be called again with the same file.
type Sink interface {
	Name() string
	Deliver(ctx context.Context, f File) error
	// Check reaches the far side without leaving anything there.
	Check(ctx context.Context) error
}
