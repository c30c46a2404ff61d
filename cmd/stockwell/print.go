package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"

	"github.com/stockwell-hub/stockwell/internal/fault"
)

// printJSON writes v with stable snake_case names.
func (a *app) printJSON(v any) error {
	e := json.NewEncoder(a.out)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// noteCut tells, beside the list, that there may be more than it shows.
func (a *app) noteCut(shown, limit int) {
	if shown > 0 && shown == limit {
		fmt.Fprintf(a.err, "The first %d are listed, and there may be more: --limit %d lists twice as many.\n", limit, 2*limit)
	}
}

// atLeastOne refuses a --limit that lists nothing.
func atLeastOne(limit int) error {
	if limit < 1 {
		return fault.New(fault.Invalid, "limit_invalid", "Write a number of 1 or more.").At("--limit")
	}
	return nil
}

// printTable writes rows under a header, or a sentence when there are none.
func (a *app) printTable(none string, header []any, rows [][]any) {
	if len(rows) == 0 {
		fmt.Fprintln(a.out, none)
		return
	}
	t := table.NewWriter()
	t.SetStyle(table.StyleLight)
	t.Style().Options.DrawBorder = false
	t.Style().Options.SeparateColumns = false
	t.Style().Format.Header = 0
	t.AppendHeader(header)
	for _, r := range rows {
		t.AppendRow(r)
	}
	fmt.Fprintln(a.out, t.Render())
}

// progress shows how far work is on a terminal's one line; an empty format
// clears it. Elsewhere it is silent.
func (a *app) progress(format string, args ...any) {
	if f, ok := a.err.(*os.File); ok {
		if info, err := f.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
			fmt.Fprintf(f, "\r\x1b[K"+format, args...)
		}
	}
}

// local is a time as people on the machine read it.
func local(t time.Time) string { return t.Local().Format("2006-01-02 15:04:05") }

func localOr(t *time.Time, none string) string {
	if t == nil {
		return none
	}
	return local(*t)
}

// money is a decimal with its currency, as £1,240.00.
func money(value, currency string) string {
	whole, frac, _ := strings.Cut(value, ".")
	sign := ""
	if strings.HasPrefix(whole, "-") {
		sign, whole = "-", whole[1:]
	}
	var b strings.Builder
	for i, d := range whole {
		if i > 0 && (len(whole)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(d)
	}
	if frac != "" {
		b.WriteString("." + frac)
	}
	if currency == "GBP" || currency == "" {
		return sign + "£" + b.String()
	}
	return sign + b.String() + " " + currency
}

// orDash stands for an empty cell.
func orDash(s string) string {
	if s == "" {
		return "–"
	}
	return s
}
