package pipeline

import (
	"bytes"
	"cmp"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/stockwell-hub/stockwell/connectors"
	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/schemas/canonical"
	"github.com/stockwell-hub/stockwell/schemas/flatfile"
)

// FileRemarks tells what the reading of a stored message found.
type FileRemarks interface {
	Remarks(ctx context.Context, trust string, id int64) ([]canonical.Finding, error)
}

// ImportFile does at once what a file of one type asks for, until ctx ends,
// and lists the rows that it refused. A *fault.Error says why nothing of the
// file was taken; Unavailable that it is to be taken again.
type ImportFile func(ctx context.Context, e connectors.Envelope) (refused []RefusedRow, err error)

// RefusedRow is a row of a file that had no effect, and why.
type RefusedRow struct {
	Line         int
	Code, Reason string
	// Text is the row as it came, where the file is not in memory.
	Text string
}

// Files is the hub's connectors.FileReceiver. Files of the types in Imports
// are imported, all others are messages: stored by Next, and then awaited.
type Files struct {
	Next    connectors.Receiver
	Awaiter connectors.Awaiter
	Remarks FileRemarks
	// Alerts is told of files that the hub does not hold.
	Alerts FileAlerts
	// Imports are by the type of file.
	Imports map[string]ImportFile
	// MostRows is how many rows one message may have; 0 is the usual number.
	MostRows int
	// Layout gives the layout by which a file is read; ok is false if none is.
	Layout func(e connectors.Envelope) (l flatfile.Layout, ok bool)
}

var _ connectors.FileReceiver = (*Files)(nil)

// Receive stores e as any message is stored.
func (f *Files) Receive(ctx context.Context, e connectors.Envelope) (connectors.Receipt, error) {
	return f.Next.Receive(ctx, e)
}

// ReceiveFile takes a file and says what became of it.
func (f *Files) ReceiveFile(ctx context.Context, e connectors.Envelope, patience time.Duration) (connectors.Fate, error) {
	fate, err := f.receiveFile(ctx, e, patience)
	if err == nil {
		f.fileTaken(context.WithoutCancel(ctx), e)
	}
	return fate, err
}

func (f *Files) receiveFile(ctx context.Context, e connectors.Envelope, patience time.Duration) (connectors.Fate, error) {
	if take := f.Imports[e.Type]; take != nil {
		refused, err := take(ctx, e)
		if err != nil {
			return connectors.Fate{}, err
		}
		fate, err := f.fate(e, connectors.Fate{Known: true}, refused)
		if err == nil {
			err = f.rowsRefused(ctx, e, refused)
		}
		return fate, err
	}
	waiting, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if parts := f.parts(e); parts != nil {
		return f.receiveParts(ctx, waiting, e, parts)
	}
	fate, refused, err := f.receiveOne(ctx, waiting, e)
	if err != nil || !fate.Known {
		return fate, err
	}
	return f.fate(e, fate, refused)
}

// receiveOne stores one message and waits for its effect as long as waiting
// lasts. It gives the rows that had none.
func (f *Files) receiveOne(ctx, waiting context.Context, e connectors.Envelope) (fate connectors.Fate, refused []RefusedRow, err error) {
	// The hub finishes what it was handed, though it is being stopped.
	if fate.Receipt, err = f.Next.Receive(context.WithoutCancel(ctx), e); err != nil {
		return connectors.Fate{}, nil, err
	}
	switch err := f.Awaiter.Applied(waiting, e.Trust, fate.MessageID); {
	case err == nil:
	case ctx.Err() != nil:
		return fate, nil, fault.Wrap(ctx.Err(), fault.Unavailable, "hub_stopping", "The hub is being stopped. The file is stored, and what became of it is told when the hub runs again.")
	case waiting.Err() != nil || fault.Is(err, fault.Unavailable):
		return fate, nil, nil
	default:
		return fate, nil, stopped(fate.MessageID, err)
	}
	remarks, err := f.Remarks.Remarks(ctx, e.Trust, fate.MessageID)
	if err != nil {
		return fate, nil, nil //nolint:nilerr // stored, and what became of it is not known
	}
	fate.Known = true
	return fate, refusedRows(remarks), nil
}

// stopped says of a file that was stored and then stopped what its sender can
// do, and what its analyst.
func stopped(message int64, why error) error {
	f := fault.Of(why)
	return fault.New(fault.Stopped, f.Code, "%s (If it is the hub's mapping that must be mended, its analyst replays message %d; the file need not be sent again.)", f.Text, message).At(f.Path)
}

var rowOf = regexp.MustCompile(`^line (\d+)`)

// refusedRows are the rows that had no effect.
func refusedRows(remarks []canonical.Finding) (out []RefusedRow) {
	for _, r := range remarks {
		if m := rowOf.FindStringSubmatch(r.Path); m != nil && r.Severity == canonical.Error {
			n, _ := strconv.Atoi(m[1])
			out = append(out, RefusedRow{Line: n, Code: r.Code, Reason: r.Text})
		}
	}
	return out
}

// mostReasons bounds how many rows are named where all were refused.
const mostReasons = 200

// fate gives the sender what was refused: the rows in a file of their own, or
// why the file as a whole had no effect.
func (f *Files) fate(e connectors.Envelope, fate connectors.Fate, refused []RefusedRow) (connectors.Fate, error) {
	if len(refused) == 0 {
		return fate, nil
	}
	if e.Spooled != "" {
		fate.Refused = refusedLines(refused)
		return fate, nil
	}
	layout, ok := f.Layout(e)
	if !ok {
		return fate, nil
	}
	header, rows, err := flatfile.RawRows(e.Raw, layout)
	if err != nil {
		return fate, nil //nolint:nilerr // read by another layout than the one that is in force now
	}
	slices.SortStableFunc(refused, func(a, b RefusedRow) int { return cmp.Compare(a.Line, b.Line) })
	why := map[int][]RefusedRow{}
	for _, r := range refused {
		why[r.Line] = append(why[r.Line], r)
	}
	if len(why) >= len(rows) {
		var all []error
		for _, r := range refused[:min(len(refused), mostReasons)] {
			all = append(all, fault.New(fault.Invalid, r.Code, "%s", r.Reason).At(fmt.Sprintf("line %d", r.Line)))
		}
		return fate, errors.Join(all...)
	}
	fate.Refused = refusedFile(layout, header, rows, why)
	return fate, nil
}

// refusedLines writes the rows that had no effect of a file that is too large to
// be read again.
func refusedLines(refused []RefusedRow) []byte {
	var out bytes.Buffer
	w := csv.NewWriter(&out)
	_ = w.Write([]string{"line", "reason", "row"}) // a buffer takes everything
	for _, r := range refused {
		_ = w.Write([]string{strconv.Itoa(r.Line), r.Reason + " [" + r.Code + "]", r.Text})
	}
	w.Flush()
	return out.Bytes()
}

// refusedFile writes the rows that had no effect as they came, behind their
// line and the reason: without these two columns they can be mended and sent
// again.
func refusedFile(layout flatfile.Layout, header string, rows []flatfile.RawRow, why map[int][]RefusedRow) []byte {
	between, err := layout.Separator()
	if err != nil {
		between = ","
	}
	var out bytes.Buffer
	if header != "" {
		out.WriteString("line" + between + "reason" + between + header + "\r\n")
	}
	for _, r := range rows {
		reasons := make([]string, len(why[r.Line]))
		for i, w := range why[r.Line] {
			reasons[i] = w.Reason + " [" + w.Code + "]"
		}
		if len(reasons) > 0 {
			quoted := `"` + strings.ReplaceAll(strings.Join(reasons, " "), `"`, `""`) + `"`
			out.WriteString(strconv.Itoa(r.Line) + between + quoted + between + r.Text + "\r\n")
		}
	}
	return out.Bytes()
}
