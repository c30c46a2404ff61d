package posting

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/stockwell-hub/stockwell/schemas/canonical"
)

// ownWarning are the findings on a row of which another warning tells already.
var ownWarning = map[string]bool{"order_unknown": true, "receipt_used": true}

// refusedRows warns of a file's rows that had no effect: whoever sent the file
// may never look for them. A row is what a finding's path begins with, as
// "line 4".
func (d *decider) refusedRows(s *saying) {
	rows := map[string]bool{}
	first, why := "", ""
	for _, f := range s.findings {
		row, _, _ := strings.Cut(f.Path, "/")
		if f.Severity != canonical.Error || !strings.HasPrefix(row, "line ") {
			continue
		}
		s.summary.refuse(row)
		if !ownWarning[f.Code] {
			if len(rows) == 0 {
				first, why = row, f.Text
			}
			rows[row] = true
		}
	}
	subject := "rows:" + strconv.FormatInt(s.ID, 10)
	if s.Attempt > 1 {
		d.settles(subject, false)
	}
	if len(rows) == 0 {
		return
	}
	what := "A row of the file " + s.ControlID
	if len(rows) > 1 {
		what = fmt.Sprintf("%d rows of the file %s", len(rows), s.ControlID)
	}
	d.warn(Warning{Kind: "rows_refused", Subject: subject, Severity: "warning", Message: s.ID,
		Text:   fmt.Sprintf("%s had no effect. %s: %s", what, first, why),
		Action: "The message's findings tell why of each row. Have them mended and sent again as a new file; or mend the mapping and replay the message, which closes this. Else close it when that is done."})
}
