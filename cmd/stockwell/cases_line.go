package main

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/govalues/decimal"

	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/schemas/canonical"
	"github.com/stockwell-hub/stockwell/schemas/hl7v2"
)

// completedLine fills in what a form's line need not say, and refuses what
// cannot be meant.
func completedLine(l *canonical.UsageLine, n int, zone *time.Location) error {
	l.Origin = cmp.Or(l.Origin, fmt.Sprintf("line %d", n))
	l.Effect, l.Disposition = cmp.Or(l.Effect, canonical.Use), cmp.Or(l.Disposition, canonical.UsedUnspecified)
	bad := func(code, format string, args ...any) error {
		return fault.New(fault.Invalid, code, format, args...).At(l.Origin)
	}
	if l.Key = strings.TrimSpace(l.Key); l.Key == "" {
		return bad("key_needed", "Give the line a key, its number on the form as F12-3 (--key): told again under it, it is corrected and not told twice.")
	}
	if !slices.Contains([]canonical.Effect{canonical.Use, canonical.Credit, canonical.Delete}, l.Effect) {
		return bad("effect_invalid", "A form's line is use, credit or delete.")
	}
	if !slices.Contains(dispositions, l.Disposition) {
		return bad("disposition_invalid", "The disposition is one of %s.", strings.Join(dispositions, ", "))
	}
	if q, err := decimal.Parse(l.Quantity); err != nil || !q.IsPos() {
		return bad("quantity_invalid", "Write the quantity as a number above zero, as 2.")
	}
	if _, err := time.Parse(time.DateOnly, l.Expiry); l.Expiry != "" && err != nil {
		return bad("expiry_invalid", "Write the expiry as a day, as 2027-06-30.")
	}
	if err := wallTime(&l.OccurredAt, zone); err != nil {
		return err.At(l.Origin)
	}
	return nil
}

var dispositions = []string{canonical.UsedUnspecified, canonical.Implanted, canonical.Explanted, canonical.ImplantedThenRemoved, canonical.OpenedNotUsed,
	canonical.Contaminated, canonical.ReturnedUnopened, canonical.SupplierLiable, canonical.Reusable}

var wallClock = regexp.MustCompile(`^(\d{4})-(\d{2})-(\d{2})(?:[ T](\d{2}):(\d{2})(?::(\d{2}))?)?$`)

// wallTime reads a time as people write it, by the clocks of zone, unless the
// moment is told.
func wallTime(i *canonical.Instant, zone *time.Location) *fault.Error {
	if i.Text == "" || i.Known() {
		return nil
	}
	m := wallClock.FindStringSubmatch(strings.TrimSpace(i.Text))
	if m == nil {
		return fault.New(fault.Invalid, "time_invalid", "Write the time as 2026-03-14 09:15, by the clock on the wall.")
	}
	t, err := hl7v2.ParseTime(strings.Join(m[1:], ""), zone)
	if err != nil {
		return fault.New(fault.Invalid, "time_invalid", "No calendar has this time. Write it as 2026-03-14 09:15, by the clock on the wall.")
	}
	i.At, i.Precision, i.Other, i.Missing = t.At, canonical.Precision(t.Precision), t.Other, t.Missing
	return nil
}
