package pipeline

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/stockwell-hub/stockwell/connectors"
	"github.com/stockwell-hub/stockwell/internal/fault"
)

// FileAlerts raises and closes warnings of the hub itself.
type FileAlerts interface {
	OpenAlert(ctx context.Context, trust, kind, subject, text, action string, since time.Time) (opened bool, err error)
	CloseAlert(ctx context.Context, trust, kind, subject, why string, at time.Time) (closed bool, err error)
}

// warningFileRefused is the kind of warning that tells of a file that was put
// aside and that the hub does not hold.
const warningFileRefused = "file_refused"

// warningRowsRefused tells of rows that had no effect. Posting raises it too, of
// files that are messages.
const warningRowsRefused = "rows_refused"

// FileRefused raises a warning of a file that the hub does not hold: it is in
// no list of messages, and whoever sent it may not look into the folder. The
// same name again, and taken, closes it.
func (f *Files) FileRefused(ctx context.Context, e connectors.Envelope, why error) error {
	subject := fileSubject(e)
	if _, err := f.Alerts.CloseAlert(ctx, e.Trust, warningFileRefused, subject, "A file of this name came again, and was refused again.", e.ReceivedAt); err != nil {
		return err
	}
	_, err := f.Alerts.OpenAlert(ctx, e.Trust, warningFileRefused, subject,
		fmt.Sprintf("The file %s of the connector %s was refused, and nothing in it had any effect: %s", e.ControlID, e.Connector, firstReason(why)),
		"It lies in the folder rejected with all reasons beside it. Have it mended and sent again; under the same name this closes by itself, under another close it by hand.", e.ReceivedAt)
	return err
}

// fileTaken closes the warning of a file that was refused before.
func (f *Files) fileTaken(ctx context.Context, e connectors.Envelope) {
	if f.Alerts != nil {
		// What stays open for want of the database is closed by a person.
		_, _ = f.Alerts.CloseAlert(ctx, e.Trust, warningFileRefused, fileSubject(e), "A file of this name came again, and was taken.", e.ReceivedAt)
	}
}

// rowsRefused raises a warning of rows of an imported file that had no effect,
// for it is no message whose findings would tell of them. Files of any size have
// a list of their own: the loads of the catalogue.
func (f *Files) rowsRefused(ctx context.Context, e connectors.Envelope, refused []RefusedRow) error {
	if f.Alerts == nil || e.Spooled != "" {
		return nil
	}
	if _, err := f.Alerts.CloseAlert(ctx, e.Trust, warningRowsRefused, fileSubject(e), "A file of this name came again.", e.ReceivedAt); err != nil || len(refused) == 0 {
		return err
	}
	text := fmt.Sprintf("Line %d of the file %s of the connector %s had no effect: %s", refused[0].Line, e.ControlID, e.Connector, refused[0].Reason)
	if n := len(refused); n > 1 {
		text = fmt.Sprintf("%d rows of the file %s of the connector %s had no effect. The first is line %d: %s", n, e.ControlID, e.Connector, refused[0].Line, refused[0].Reason)
	}
	_, err := f.Alerts.OpenAlert(ctx, e.Trust, warningRowsRefused, fileSubject(e), text,
		"They lie in the folder rejected with the reason of each. Have them mended and sent again as a new file, and close this when that is done.", e.ReceivedAt)
	return err
}

func fileSubject(e connectors.Envelope) string { return "file:" + e.Connector + "/" + e.ControlID }

// firstReason is the first of the reasons in why, and how many more there are.
func firstReason(why error) string {
	var many interface{ Unwrap() []error }
	if errors.As(why, &many) {
		if all := many.Unwrap(); len(all) > 1 {
			return fmt.Sprintf("%s (and %d more)", fault.Of(all[0]).Error(), len(all)-1)
		}
	}
	return fault.Of(why).Error()
}
