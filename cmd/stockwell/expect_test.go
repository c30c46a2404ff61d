package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/stockwell-hub/stockwell/schemas/canonical"
)

// expect is what the journey claims by hand; -update never changes it.
func (j *journey) expect(w []string) error {
	got, want := "", strings.Join(w[len(w)-1:], "")
	s, ctx := j.hub.store, j.t.Context()
	switch w[0] {
	case "stock":
		d, err := s.StockDetail(ctx, "ZZ1", w[1], w[2])
		if err != nil {
			return err
		}
		got = strconv.FormatInt(d.Quantity, 10)
	case "order":
		o, err := s.Order(ctx, "ZZ1", w[1])
		if err != nil {
			return err
		}
		got = o.State
	case "receipt", "received":
		var err error
		if got, err = j.expectReceived(w); err != nil {
			return err
		}
	case "orders":
		n, err := j.query(`SELECT count(*)::text FROM purchase_order WHERE NOT imported`)
		if err != nil {
			return err
		}
		got = n
	case "movements":
		n, err := j.query(`SELECT count(*)::text FROM movement WHERE kind <> 'opening'`)
		if err != nil {
			return err
		}
		got = n
	case "suggestion":
		state, err := j.query(`SELECT g.state FROM suggestion g JOIN place p ON p.id = g.place JOIN item i ON i.id = g.item WHERE p.code = $1 AND i.code = $2 ORDER BY g.id DESC LIMIT 1`, w[1], w[2])
		if err != nil {
			return err
		}
		got = state
	case "line":
		state, err := j.query(`SELECT string_agg(l.state, ',' ORDER BY l.id) FROM usage_line l JOIN theatre_case c ON c.id = l.case_id WHERE c.name = $1 AND (l.key = $2 OR $2 = 'keyless' AND l.key LIKE 'message:%')`, w[1], w[2])
		if err != nil {
			return err
		}
		got = state
	case "case":
		booking, err := j.query(`SELECT booking FROM theatre_case WHERE name = $1`, w[1])
		if err != nil {
			return err
		}
		got = booking
	case "booked": // for when, and where
		at, err := j.query(`SELECT concat_ws(' ', to_char(c.scheduled_at AT TIME ZONE 'Europe/London', 'YYYY-MM-DD HH24:MI'), p.code) FROM theatre_case c LEFT JOIN place p ON p.trust = c.trust AND p.id = c.place WHERE c.name = $1`, w[1])
		if err != nil {
			return err
		}
		got = at
	case "cases":
		n, err := j.query(`SELECT count(*)::text FROM theatre_case WHERE joined_into IS NULL`)
		if err != nil {
			return err
		}
		got = n
	case "held":
		n, err := j.query(`SELECT coalesce(sum(h.quantity), 0)::text FROM stock_hold h JOIN place p ON p.trust = h.trust AND p.id = h.place JOIN item i ON i.trust = h.trust AND i.id = h.item
			WHERE h.released_at IS NULL AND p.code = $1 AND i.code = $2`, w[1], w[2])
		if err != nil {
			return err
		}
		got = n
	case "message":
		m, err := j.message(w[1])
		if err != nil {
			return err
		}
		got = m.State
	case "finding":
		return j.expectFinding(w[1], w[2])
	case "stop":
		m, err := j.message(w[1])
		if err != nil {
			return err
		}
		c, err := s.Chain(ctx, "ZZ1", m.ID)
		if err != nil {
			return err
		}
		if c.Stop != nil {
			got = c.Stop.Code
		}
	case "warning", "warnings":
		all, err := s.Warnings(ctx, "ZZ1", false, 500)
		if err != nil {
			return err
		}
		var kinds []string
		for _, w := range all {
			kinds = append(kinds, w.Kind)
		}
		slices.Sort(kinds)
		got = strings.Join(kinds, ",")
		if w[0] == "warning" && slices.Contains(kinds, want) || got == "" && want == "none" {
			got = want
		}
	case "submission", "missing", "told", "holds", "batches":
		var err error
		if got, err = j.expectRegistry(w); err != nil {
			return err
		}
	default:
		var err error
		if got, err = j.expectCase(w); err != nil {
			return err
		}
	}
	if got != want {
		return fmt.Errorf("it is %q", got)
	}
	return nil
}

func (j *journey) expectFinding(label, code string) error {
	m, err := j.message(label)
	if err != nil {
		return err
	}
	c, err := j.hub.store.Chain(j.t.Context(), "ZZ1", m.ID)
	if err != nil {
		return err
	}
	for _, p := range c.Postings {
		if slices.ContainsFunc(findingsOf(p), func(f canonical.Finding) bool { return f.Code == code }) {
			return nil
		}
	}
	return fmt.Errorf("message %s has no finding %s", label, code)
}
