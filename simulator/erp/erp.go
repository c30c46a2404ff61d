// Package erp plays the trust's ERP and its suppliers: it reads the orders
// that arrive as files and says what becomes of each line. The same order
// always gets the same answer.
//
// Where the files come from and go to does not belong here.
package erp

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"strconv"
	"time"

	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/simulator/hospital"
	"github.com/stockwell-hub/stockwell/simulator/trouble"
)

// Line is a line of an order as its file has it.
type Line struct {
	Order     string
	Line      int
	Supplier  string
	DeliverTo string
	Item      string
	Packs     int
	Unit      string
	OrderedOn string
}

// Answer is what the ERP says of a line.
type Answer struct {
	Order    string
	Line     int
	Status   string // accepted, changed, rejected
	Packs    int    // that will come
	Expected string // CCYY-MM-DD; empty if none will
	Reason   string
}

// ReadOrder reads an order file.
func ReadOrder(raw []byte) ([]Line, error) {
	rows, err := table(raw)
	if err != nil {
		return nil, err
	}
	var out []Line
	for _, r := range rows {
		l := Line{Order: r["order_number"], Supplier: r["supplier"], DeliverTo: r["deliver_to"], Item: r["item"], Unit: r["unit"], OrderedOn: r["order_date"]}
		var bad error
		if l.Line, err = strconv.Atoi(r["line"]); err != nil {
			bad = err
		}
		if l.Packs, err = strconv.Atoi(r["quantity"]); err != nil {
			bad = err
		}
		if bad != nil || l.Order == "" || l.Item == "" {
			return nil, fault.New(fault.Invalid, "order_unreadable", "An order file's row has no order number, item, line number or whole quantity.")
		}
		out = append(out, l)
	}
	return out, nil
}

// table reads CSV with a header.
func table(raw []byte) ([]map[string]string, error) {
	all, err := csv.NewReader(bytes.NewReader(raw)).ReadAll()
	if err != nil || len(all) == 0 {
		return nil, fault.Wrap(err, fault.Invalid, "file_unreadable", "A file of the ERP is not CSV with a header.")
	}
	var out []map[string]string
	for _, cells := range all[1:] {
		row := map[string]string{}
		for i, name := range all[0] {
			if i < len(cells) {
				row[name] = cells[i]
			}
		}
		out = append(out, row)
	}
	return out, nil
}

// Answers says what becomes of an order's lines; none if the ERP stays silent.
func Answers(h *hospital.Hospital, lines []Line) (out []Answer) {
	if len(lines) == 0 {
		return nil
	}
	if hospital.NewChance(h.Seed, "silent "+lines[0].Order, 0).Of(0.05) && len(h.Troubles) > 0 {
		return nil
	}
	for _, l := range lines {
		c := hospital.NewChance(h.Seed, "answer "+l.Order, l.Line)
		a := Answer{Order: l.Order, Line: l.Line, Status: "accepted", Packs: l.Packs}
		ordered, err := time.Parse(time.DateOnly, l.OrderedOn)
		if err != nil {
			ordered = h.Begin
		}
		lead := c.From(1, 5)
		switch {
		case c.Of(h.Troubles[trouble.Rejected]):
			a.Status, a.Packs, a.Reason = "rejected", 0, "Discontinued by the manufacturer"
			out = append(out, a)
			continue
		case c.Of(h.Troubles[trouble.Short]) && l.Packs > 1:
			a.Status, a.Packs, a.Reason = "changed", c.From(1, l.Packs-1), fmt.Sprintf("Short: of %d", l.Packs)
		case c.Of(h.Troubles[trouble.DeliveryLate]):
			a.Status, a.Reason, lead = "changed", "Later than usual", lead+c.From(3, 20)
		}
		a.Expected = ordered.AddDate(0, 0, lead).Format(time.DateOnly)
		out = append(out, a)
	}
	return out
}

// WriteAnswers writes answers as the ERP's file.
func WriteAnswers(answers []Answer) []byte {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	_ = w.Write([]string{"order_number", "line", "status", "quantity", "expected", "reason"})
	for _, a := range answers {
		quantity := strconv.Itoa(a.Packs)
		if a.Status == "rejected" {
			quantity = ""
		}
		_ = w.Write([]string{a.Order, strconv.Itoa(a.Line), a.Status, quantity, a.Expected, a.Reason})
	}
	w.Flush()
	return b.Bytes()
}

// ReadAnswers reads a file of answers.
func ReadAnswers(raw []byte) (out []Answer, err error) {
	rows, err := table(raw)
	for _, r := range rows {
		a := Answer{Order: r["order_number"], Status: r["status"], Expected: r["expected"], Reason: r["reason"]}
		a.Line, _ = strconv.Atoi(r["line"])
		a.Packs, _ = strconv.Atoi(r["quantity"])
		out = append(out, a)
	}
	return out, err
}
