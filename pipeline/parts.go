package pipeline

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"

	"github.com/stockwell-hub/stockwell/connectors"
	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/schemas/flatfile"
)

// mostRows is how many rows of a file one message has unless Files.MostRows
// says otherwise: half a second's work, for its rows count together, in one
// transaction. A file of more is several messages, whose rows keep the lines on
// which they stand in the file.
const mostRows = 6000

// parts cuts a file that is too long for one message; nil if it is not. One
// that cannot be cut is left whole: its reading says what is wrong.
func (f *Files) parts(e connectors.Envelope) []connectors.Envelope {
	most := cmp.Or(f.MostRows, mostRows)
	if bytes.Count(e.Raw, []byte("\n"))+bytes.Count(e.Raw, []byte("\r")) <= most {
		return nil
	}
	layout, ok := f.Layout(e)
	if !ok {
		return nil
	}
	cut, err := flatfile.Parts(e.Raw, layout, most)
	if err != nil || len(cut) == 0 {
		return nil
	}
	parts := make([]connectors.Envelope, len(cut))
	for i, raw := range cut {
		parts[i] = e
		parts[i].Raw, parts[i].Digest = raw, sha256.Sum256(raw)
		parts[i].ControlID = fmt.Sprintf("%s (part %d of %d)", e.ControlID, i+1, len(cut))
	}
	return parts
}

// receiveParts takes a file's parts one after another, so that each has a
// transaction of its own, and says what became of the file. Taken again after
// a crash, or sent again, each part has the effect of once.
//
// If some were stopped and others had their effect, the rows of the former are
// among those that were refused: when their message is replayed they count, and
// sent again besides they count once.
func (f *Files) receiveParts(ctx, waiting context.Context, e connectors.Envelope, parts []connectors.Envelope) (connectors.Fate, error) {
	whole := connectors.Fate{Known: true}
	whole.Duplicate = true
	var refused []RefusedRow
	var halted error
	stops := 0
	for _, p := range parts {
		fate, rows, err := f.receiveOne(ctx, waiting, p)
		if fault.Is(err, fault.Stopped) {
			stops++
			halted, rows, fate.Known = err, f.rowsOf(p, err), true
		} else if err != nil {
			return connectors.Fate{}, err
		}
		if whole.MessageID == 0 {
			whole.MessageID = fate.MessageID
		}
		whole.Duplicate, whole.Known = whole.Duplicate && fate.Duplicate, whole.Known && fate.Known
		refused = append(refused, rows...)
	}
	if stops == len(parts) {
		return whole, halted
	}
	if !whole.Known {
		return whole, nil
	}
	return f.fate(e, whole, refused)
}

// rowsOf are all rows of a message that was stopped.
func (f *Files) rowsOf(e connectors.Envelope, why error) (out []RefusedRow) {
	layout, ok := f.Layout(e)
	if !ok {
		return nil
	}
	_, rows, err := flatfile.RawRows(e.Raw, layout)
	if err != nil {
		return nil
	}
	said := fault.Of(why)
	for _, r := range rows {
		out = append(out, RefusedRow{Line: r.Line, Code: said.Code, Reason: said.Text})
	}
	return out
}
