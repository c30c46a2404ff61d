// Package failpoint names the moments between two durable steps of the hub,
// so that a test can kill it at exactly that moment and look at what is left
// after a restart. In production every Hit does nothing.
//
// One point is armed for a process by the environment:
//
//	STOCKWELL_FAILPOINT=post.before_commit        the process kills itself (SIGKILL) there
//	STOCKWELL_FAILPOINT=post.before_commit:hang   it stays there for ever, to be killed from outside
//
// A name that is not in Points is refused when the hub starts, for a test that
// arms nothing would prove nothing.
//
// What must hold after a restart does not belong here; cmd/stockwell's tests
// say it for each point.
package failpoint

import (
	"os"
	"slices"
	"strings"
	"syscall"

	"github.com/stockwell-hub/stockwell/internal/fault"
)

// Variable is the environment variable that arms a point.
const Variable = "STOCKWELL_FAILPOINT"

// Point is a named moment.
type Point string

// The points, in the order in which a message passes them.
const (
	// ReceiveBeforeCommit: messages were read, none is stored or acknowledged.
	ReceiveBeforeCommit Point = "receive.before_commit"
	// ReceiveAfterCommit: they are stored, and their senders not told.
	ReceiveAfterCommit Point = "receive.after_commit"
	// PostBeforeCommit: a batch's movements are written and not committed.
	PostBeforeCommit Point = "post.before_commit"
	// PostAfterCommit: they are committed, and nobody was told to plan.
	PostAfterCommit Point = "post.after_commit"
	// FileReceived: a file had its effect, and lies where it came.
	FileReceived Point = "file.received"
	// FileTold: its sender was told what of it was refused, and it is not moved.
	FileTold Point = "file.told"
	// FileMoved: it is moved, and its marker, if it has one, is not gone.
	FileMoved Point = "file.moved"
	// PlanBeforeCommit: a suggested order is written and not committed.
	PlanBeforeCommit Point = "plan.before_commit"
	// PlanAfterCommit: it is committed, and not yet an order.
	PlanAfterCommit Point = "plan.after_commit"
	// OrderBeforeCommit: an order has its number and its place in the queue,
	// both not committed.
	OrderBeforeCommit Point = "order.before_commit"
	// OrderAfterCommit: they are committed.
	OrderAfterCommit Point = "order.after_commit"
	// DispatchBeforeDelivery: the order's file is encoded, nothing was sent.
	DispatchBeforeDelivery Point = "dispatch.before_delivery"
	// DispatchAfterDelivery: the file stands under its final name at the ERP,
	// and the order is not marked as sent.
	DispatchAfterDelivery Point = "dispatch.after_delivery"
	// DispatchAfterMarking: the order is marked as sent, and the queue still
	// holds it.
	DispatchAfterMarking Point = "dispatch.after_marking"
	// BatchBeforeCommit: a registry batch has its number, its files and its
	// place in the queue, none committed.
	BatchBeforeCommit Point = "batch.before_commit"
	// BatchAfterCommit: they are committed.
	BatchAfterCommit Point = "batch.after_commit"
	// SubmitBeforeDelivery: the batch's files are read, nothing was sent.
	SubmitBeforeDelivery Point = "submit.before_delivery"
	// SubmitAfterData: the data file stands at the registry, its manifest does
	// not.
	SubmitAfterData Point = "submit.after_data"
	// SubmitAfterDelivery: both stand there, and the batch is not marked as sent.
	SubmitAfterDelivery Point = "submit.after_delivery"
	// SubmitAfterMarking: it is marked as sent, and the queue still holds it.
	SubmitAfterMarking Point = "submit.after_marking"
)

// The points of commands that bring a backup back.
const (
	// RestoreAfterData: the backup's rows are in a database that is not in use.
	RestoreAfterData Point = "restore.after_data"
	// RestoreAfterFence: it is fenced, and still not in use.
	RestoreAfterFence Point = "restore.after_fence"
	// RestoreAfterSwap: it is in use, and nobody was told.
	RestoreAfterSwap Point = "restore.after_swap"
	// LiftBeforeCommit: lost orders are taken up, the fence stands.
	LiftBeforeCommit Point = "lift.before_commit"
	// LiftInTransaction: the fence is lifted and not committed.
	LiftInTransaction Point = "lift.in_transaction"
	// LiftAfterCommit: it is committed, and nobody was told.
	LiftAfterCommit Point = "lift.after_commit"
)

// The points of a load of a catalogue file.
const (
	// CatalogueJudged: the file is staged and judged, nothing is written.
	CatalogueJudged Point = "catalogue.judged"
	// CatalogueHalf: part of it is written and not in force.
	CatalogueHalf Point = "catalogue.half"
	// CatalogueWritten: all of it is written and not in force.
	CatalogueWritten Point = "catalogue.written"
	// CatalogueInForce: it is in force, and nobody was told.
	CatalogueInForce Point = "catalogue.in_force"
)

// Points lists every point of a running hub.
func Points() []Point {
	return []Point{ReceiveBeforeCommit, ReceiveAfterCommit, PostBeforeCommit, PostAfterCommit, FileReceived, FileTold, FileMoved, PlanBeforeCommit, PlanAfterCommit,
		OrderBeforeCommit, OrderAfterCommit, DispatchBeforeDelivery, DispatchAfterDelivery, DispatchAfterMarking,
		BatchBeforeCommit, BatchAfterCommit, SubmitBeforeDelivery, SubmitAfterData, SubmitAfterDelivery, SubmitAfterMarking}
}

var armed, hang = parse(os.Getenv(Variable))

func parse(setting string) (p Point, hang bool) {
	name, action, _ := strings.Cut(setting, ":")
	return Point(name), action == "hang"
}

// Armed gives the point that is armed, empty if none is. It fails with
// fault.Invalid if the environment names a point or an action that there is
// not.
func Armed() (Point, error) {
	_, action, has := strings.Cut(os.Getenv(Variable), ":")
	if armed == "" && !has || slices.Contains(Points(), armed) && (!has || action == "hang") {
		return armed, nil
	}
	return "", fault.New(fault.Invalid, "failpoint_unknown", "%s names no failpoint. Unset it: it is for tests, and makes the hub kill itself.", Variable)
}

// Hit kills the process at once if p is armed, as a power cut would, or stays
// there. It does nothing otherwise.
func Hit(p Point) {
	if armed == "" || p != armed {
		return
	}
	if !hang {
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	}
	select {}
}
