package purchasing_test

import (
	"testing"

	"github.com/stockwell-hub/stockwell/domain/catalogue"
	"github.com/stockwell-hub/stockwell/domain/purchasing"
)

func suggestion(id int64, supplier, value, by string) purchasing.Suggestion {
	return purchasing.Suggestion{ID: id, Place: 3, Item: catalogue.ItemID(id), Supplier: supplier, Packs: 1, PackSize: 1, UnitPrice: money(value), Currency: "GBP", State: purchasing.Approved, DecidedBy: by}
}

func TestGroup_OneOrderForEachSupplierWithinTheLimit(t *testing.T) {
	t.Parallel()
	orders, members, held, err := purchasing.Group([]purchasing.Suggestion{
		suggestion(1, "S1", "60.00", "planner"), suggestion(2, "S2", "10.00", "planner"), suggestion(3, "S1", "40.00", "planner"),
		suggestion(4, "S1", "0.01", "planner"), suggestion(5, "S1", "900.00", "buyer"),
	}, limits)
	if err != nil || len(orders) != 2 || len(held) != 1 || held[0].ID != 4 || held[0].State != purchasing.Waits {
		t.Fatalf("%d orders, held %+v, %v", len(orders), held, err)
	}
	if o := orders[0]; o.Value.String() != "1000.00" || o.Automatic || len(o.Lines) != 3 || o.Lines[2].Line != 3 || len(members[0]) != 3 || members[0][2] != 5 {
		t.Errorf("first order %+v of %v", o, members[0])
	}
	if o := orders[1]; o.Value.String() != "10.00" || !o.Automatic || o.Lines[0].State != "ordered" || o.Lines[0].OpenPacks != 1 {
		t.Errorf("second order %+v", o)
	}
}

func TestGroup_CurrenciesAndPlacesAreNeverMixed(t *testing.T) {
	t.Parallel()
	euro, elsewhere := suggestion(2, "S1", "1.00", "planner"), suggestion(3, "S1", "1.00", "planner")
	euro.Currency, elsewhere.Place = "EUR", 4
	orders, _, _, err := purchasing.Group([]purchasing.Suggestion{suggestion(1, "S1", "1.00", "planner"), euro, elsewhere}, limits)
	if err != nil || len(orders) != 3 {
		t.Errorf("%d orders, %v", len(orders), err)
	}
}

func order() *purchasing.Order {
	return &purchasing.Order{Number: "PO-1", State: purchasing.Sent, Lines: []purchasing.OrderLine{
		{Line: 1, Packs: 5, Confirmed: 5, OpenPacks: 5, State: "ordered"}, {Line: 2, Packs: 3, Confirmed: 3, OpenPacks: 3, State: "ordered"}}}
}

func TestAnswer(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answers []purchasing.LineAnswer
		state   purchasing.OrderState
		open    [2]int64
		finds   string
	}{
		"accepted as a whole":                  {[]purchasing.LineAnswer{{Status: "accepted"}}, purchasing.Accepted, [2]int64{5, 3}, ""},
		"rejected as a whole":                  {[]purchasing.LineAnswer{{Status: "rejected"}}, purchasing.Rejected, [2]int64{0, 0}, ""},
		"one line answered leaves it sent":     {[]purchasing.LineAnswer{{Line: 1, Status: "accepted"}}, purchasing.Sent, [2]int64{5, 3}, ""},
		"accepted and rejected is changed":     {[]purchasing.LineAnswer{{Line: 1, Status: "accepted"}, {Line: 2, Status: "rejected"}}, purchasing.Changed, [2]int64{5, 0}, ""},
		"a smaller quantity is changed":        {[]purchasing.LineAnswer{{Status: "accepted"}, {Line: 1, Status: "changed", Quantity: "2.0"}}, purchasing.Changed, [2]int64{2, 3}, ""},
		"a larger quantity keeps the order":    {[]purchasing.LineAnswer{{Line: 1, Status: "changed", Quantity: "6"}}, purchasing.Sent, [2]int64{5, 3}, "answer_quantity"},
		"half a pack keeps the order":          {[]purchasing.LineAnswer{{Line: 1, Status: "changed", Quantity: "1.5"}}, purchasing.Sent, [2]int64{5, 3}, "answer_quantity"},
		"an unknown line holds back no others": {[]purchasing.LineAnswer{{Line: 9, Status: "accepted"}, {Line: 1, Status: "accepted"}, {Line: 2, Status: "accepted"}}, purchasing.Accepted, [2]int64{5, 3}, "order_line_unknown"},
		"an unknown status keeps the order":    {[]purchasing.LineAnswer{{Status: "maybe"}}, purchasing.Sent, [2]int64{5, 3}, "answer_status"},
		"closed as a whole":                    {[]purchasing.LineAnswer{{Status: "closed", Reason: "Discontinued"}}, purchasing.Closed, [2]int64{0, 0}, ""},
		"one line closed leaves it sent":       {[]purchasing.LineAnswer{{Line: 1, Status: "closed"}}, purchasing.Sent, [2]int64{0, 3}, ""},
		"accepted and closed is accepted":      {[]purchasing.LineAnswer{{Line: 1, Status: "accepted"}, {Line: 2, Status: "closed"}}, purchasing.Accepted, [2]int64{5, 0}, ""},
		"rejected and closed is closed":        {[]purchasing.LineAnswer{{Line: 1, Status: "rejected"}, {Line: 2, Status: "closed"}}, purchasing.Closed, [2]int64{0, 0}, ""},
		"a closed line takes no other answer":  {[]purchasing.LineAnswer{{Line: 1, Status: "closed"}, {Line: 1, Status: "accepted"}}, purchasing.Sent, [2]int64{0, 3}, "order_line_closed"},
		"a day that is none is left out":       {[]purchasing.LineAnswer{{Status: "accepted", Expected: "soon"}}, purchasing.Accepted, [2]int64{5, 3}, "answer_date"},
	} {
		t.Run(name, func(t *testing.T) {
			o := order()
			_, findings := o.Answer(c.answers)
			if o.State != c.state || o.Lines[0].OpenPacks != c.open[0] || o.Lines[1].OpenPacks != c.open[1] {
				t.Errorf("order is %s with %d and %d packs open", o.State, o.Lines[0].OpenPacks, o.Lines[1].OpenPacks)
			}
			if (len(findings) == 0) != (c.finds == "") || len(findings) > 0 && findings[0].Code != c.finds {
				t.Errorf("findings %+v, want %q", findings, c.finds)
			}
			if again, _ := o.Answer(c.answers); again && len(c.answers) != 2 { // two answers to one line do change it to and fro
				t.Error("the same answer again changed something")
			}
		})
	}
}

func TestAnswer_AClosedOrderTakesNone(t *testing.T) {
	t.Parallel()
	o := &purchasing.Order{Number: "PO-1", State: purchasing.Closed, Lines: []purchasing.OrderLine{{Line: 1, Packs: 5, State: "closed"}}}
	changed, findings := o.Answer([]purchasing.LineAnswer{{Status: "accepted"}})
	if changed || o.State != purchasing.Closed || o.Lines[0].OpenPacks != 0 || len(findings) != 1 {
		t.Errorf("closed order became %+v, findings %v", o, findings)
	}
}

func TestNumber_IsPaddedAndNeverCut(t *testing.T) {
	t.Parallel()
	if a, b := purchasing.Number("PO-", 6, 17), purchasing.Number("PO-", 2, 12345); a != "PO-000017" || b != "PO-12345" {
		t.Errorf("got %s and %s", a, b)
	}
}

func TestDocument_EveryRowHasTheOrdersFields(t *testing.T) {
	t.Parallel()
	rows := purchasing.Document{Fields: map[string]string{"order_number": "PO-1", "line": "x"}, Lines: []map[string]string{{"line": "1"}, {"line": "2"}}}.Rows()
	if len(rows) != 2 || rows[1]["order_number"] != "PO-1" || rows[1]["line"] != "2" {
		t.Errorf("got %v", rows)
	}
}
