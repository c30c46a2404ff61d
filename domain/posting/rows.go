package posting

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/stockwell-hub/stockwell/schemas/canonical"
)

// refusedRows warns of a file's rows that had no effect: whoever sent the file
// may never look for them. A row is what a finding's path begins with, as
// "line 4". Of some another warning tells already.
func (d *decider) refusedRows(s *saying) {
	rows, first, why := map[int]bool{}, 0, ""
	for _, f := range s.findings {
		row, ok := rowOf(f.Path)
		if !ok || f.Severity != canonical.Error || f.Code == "receipt_used" {
			continue
		}
		s.summary.refuse(row)
		if f.Code == "order_unknown" {
			continue
		}
		if first == 0 || row < first {
			first, why = row, f.Text
		}
		rows[row] = true
	}
	subject := "rows:" + strconv.FormatInt(s.ID, 10)
	if s.Attempt > 1 {
		d.settles(subject, false)
	}
	if len(rows) == 0 {
		return
	}
	text := fmt.Sprintf("Line %d of the file %s had no effect: %s", first, s.ControlID, why)
	if len(rows) > 1 {
		text = fmt.Sprintf("%d rows of the file %s had no effect. The first is line %d: %s", len(rows), s.ControlID, first, why)
	}
	d.warn(Warning{Kind: "rows_refused", Subject: subject, Severity: "warning", Message: s.ID, Text: text,
		Action: "The message's findings tell why of each row. Have them mended and sent again as a new file; or mend the mapping and replay the message, which closes this. Else close it when that is done."})
}

// rowOf reads the line of a file at which a finding stands.
func rowOf(path string) (line int, ok bool) {
	text, found := strings.CutPrefix(path, "line ")
	text, _, _ = strings.Cut(text, "/")
	line, err := strconv.Atoi(text)
	return line, found && err == nil
}
