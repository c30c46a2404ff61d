package theatre_test

import (
	"testing"
	"time"

	"github.com/stockwell-hub/stockwell/domain/theatre"
)

func use(quantity string, change ...func(*theatre.Word)) theatre.Word {
	w := theatre.Word{Effect: theatre.Use, Quantity: quantity, Item: 7, Ratio: 1, Place: 3, Patient: 9}
	for _, c := range change {
		c(&w)
	}
	return w
}

func credit(quantity string) theatre.Word {
	return theatre.Word{Effect: theatre.Credit, Quantity: quantity, Item: 7, Ratio: 1, Place: 3, Patient: 9}
}

func effect(e theatre.Effect) func(*theatre.Word) {
	return func(w *theatre.Word) { w.Effect = e }
}

func disposition(d theatre.Disposition) func(*theatre.Word) {
	return func(w *theatre.Word) { w.Disposition = d }
}

func same(a, b theatre.Patient) bool { return a == b }

func rank(source string) int { return map[string]int{"a": 0, "b": 1, "c": 1}[source] }

func TestSettle(t *testing.T) {
	t.Parallel()
	type want struct {
		state theatre.State
		why   string
		base  int64
		net   string
	}
	pack := func(w *theatre.Word) { w.Unit, w.Ratio = "pack", 10 }
	for name, c := range map[string]struct {
		told map[string]theatre.Word
		want want
	}{
		"nothing told has no effect":                  {nil, want{theatre.Recorded, "nothing_told", 0, ""}},
		"a use leaves the shelf":                      {map[string]theatre.Word{"a/use": use("2")}, want{theatre.Posted, "", 2, "2"}},
		"a whole number may have decimals":            {map[string]theatre.Word{"a/use": use("2.000")}, want{theatre.Posted, "", 2, "2.000"}},
		"a fraction waits":                            {map[string]theatre.Word{"a/use": use("0.5")}, want{theatre.Waiting, "fraction", 0, "0.5"}},
		"a fraction of a pack may be whole units":     {map[string]theatre.Word{"a/use": use("0.5", pack)}, want{theatre.Posted, "", 5, "0.5"}},
		"a pack counts its base units":                {map[string]theatre.Word{"a/use": use("2", pack)}, want{theatre.Posted, "", 20, "2"}},
		"a pack code without a pack unit counts ones": {map[string]theatre.Word{"a/use": use("2", func(w *theatre.Word) { w.Ratio = 10 })}, want{theatre.Posted, "", 2, "2"}},
		"an unreadable quantity waits":                {map[string]theatre.Word{"a/use": use("two")}, want{theatre.Waiting, "quantity_unreadable", 0, "two"}},
		"an empty quantity waits":                     {map[string]theatre.Word{"a/use": use("")}, want{theatre.Waiting, "quantity_unreadable", 0, ""}},
		"a negative quantity is no credit":            {map[string]theatre.Word{"a/use": use("-1")}, want{theatre.Waiting, "quantity_negative", 0, "-1"}},
		"a quantity beyond reason waits":              {map[string]theatre.Word{"a/use": use("9000000000000000000")}, want{theatre.Waiting, "quantity_too_large", 0, "9000000000000000000"}},
		"an unknown sign is never a use":              {map[string]theatre.Word{"a/use": use("1", effect(theatre.Unknown))}, want{theatre.Waiting, "sign_unknown", 0, "1"}},
		"a deleted line is withdrawn":                 {map[string]theatre.Word{"a/use": use("1", effect(theatre.Delete))}, want{theatre.Withdrawn, "delete", 0, "0"}},
		"a line without value is withdrawn":           {map[string]theatre.Word{"a/use": use("1", effect(theatre.NoValue))}, want{theatre.Withdrawn, "no_value", 0, "0"}},
		"a wrong patient's line is withdrawn":         {map[string]theatre.Word{"a/use": use("1", effect(theatre.WrongPatient))}, want{theatre.Withdrawn, "wrong_patient", 0, "0"}},
		"an unknown item is unidentified":             {map[string]theatre.Word{"a/use": use("1", func(w *theatre.Word) { w.Item = 0 })}, want{theatre.Unidentified, "item_unknown", 1, "1"}},
		"an unknown place is unidentified":            {map[string]theatre.Word{"a/use": use("1", func(w *theatre.Word) { w.Place = 0 })}, want{theatre.Unidentified, "place_unknown", 1, "1"}},
		"an explant is never stock":                   {map[string]theatre.Word{"a/use": use("1", disposition(theatre.Explanted))}, want{theatre.Recorded, "explanted", 0, "1"}},
		"returned unopened never left the shelf":      {map[string]theatre.Word{"a/use": use("1", disposition(theatre.ReturnedUnopened))}, want{theatre.Recorded, "returned_unopened", 0, "1"}},
		"implanted then removed left the shelf":       {map[string]theatre.Word{"a/use": use("1", disposition(theatre.ImplantedThenRemoved))}, want{theatre.Posted, "", 1, "1"}},
		"a part is credited":                          {map[string]theatre.Word{"a/use": use("3"), "a/credit": credit("1")}, want{theatre.Posted, "", 2, "2"}},
		"all is credited":                             {map[string]theatre.Word{"a/use": use("3"), "a/credit": credit("3")}, want{theatre.Withdrawn, "credited", 0, "0"}},
		"more credited than used leaves the use":      {map[string]theatre.Word{"a/use": use("3"), "a/credit": credit("4")}, want{theatre.Posted, "credit_exceeds_use", 3, "3"}},
		"an unreadable credit leaves the use":         {map[string]theatre.Word{"a/use": use("3"), "a/credit": credit("one")}, want{theatre.Posted, "quantity_unreadable", 3, "3"}},
		"a negative credit leaves the use":            {map[string]theatre.Word{"a/use": use("3"), "a/credit": credit("-1")}, want{theatre.Posted, "quantity_negative", 3, "3"}},
		"a credit in another unit leaves the use":     {map[string]theatre.Word{"a/use": use("3", pack), "a/credit": credit("1")}, want{theatre.Posted, "credit_unit_differs", 30, "3"}},
		"an unknown word leaves the use":              {map[string]theatre.Word{"a/use": use("3"), "a/unknown": use("-1", effect(theatre.Unknown))}, want{theatre.Posted, "sign_unknown", 3, "3"}},
		"an unknown word alone waits":                 {map[string]theatre.Word{"a/unknown": use("1", effect(theatre.Unknown))}, want{theatre.Waiting, "sign_unknown", 0, "1"}},
		"a credit before its use waits":               {map[string]theatre.Word{"a/credit": credit("1")}, want{theatre.Waiting, "credit_without_use", 0, "0"}},
		"a deletion outlives its credit":              {map[string]theatre.Word{"a/use": use("1", effect(theatre.Delete)), "a/credit": credit("1")}, want{theatre.Withdrawn, "delete", 0, "0"}},
	} {
		t.Run(name, func(t *testing.T) {
			got := theatre.Settle(c.told, rank, same)
			if g := (want{got.State, got.Why, got.Base, got.Net}); g != c.want {
				t.Errorf("got %+v, want %+v", g, c.want)
			}
		})
	}
}

func TestSettle_OpenedOrContaminatedGoesToWaste(t *testing.T) {
	t.Parallel()
	for d, waste := range map[theatre.Disposition]bool{theatre.OpenedNotUsed: true, theatre.Contaminated: true, theatre.ImplantedThenRemoved: true, theatre.SupplierLiable: true, theatre.Implanted: false, theatre.UsedUnspecified: false, "": false} {
		if got := theatre.Settle(map[string]theatre.Word{"a/use": use("1", disposition(d))}, rank, same); got.ToWaste != waste || got.Base != 1 {
			t.Errorf("%q: to waste %v, %d units", d, got.ToWaste, got.Base)
		}
	}
}

func TestSettle_SeveralSourcesNeverAdd(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		told     map[string]theatre.Word
		source   string
		base     int64
		disagree bool
	}{
		"the most authoritative decides":   {map[string]theatre.Word{"a/use": use("1"), "b/use": use("2")}, "a", 1, true},
		"agreement corroborates":           {map[string]theatre.Word{"b/use": use("2"), "a/use": use("2")}, "a", 2, false},
		"equal rank goes by name":          {map[string]theatre.Word{"c/use": use("3"), "b/use": use("2")}, "b", 2, true},
		"another patient is disagreement":  {map[string]theatre.Word{"a/use": use("1"), "b/use": use("1", func(w *theatre.Word) { w.Patient = 10 })}, "a", 1, true},
		"another item is disagreement":     {map[string]theatre.Word{"a/use": use("1"), "b/use": use("1", func(w *theatre.Word) { w.Item = 8 })}, "a", 1, true},
		"a deletion by authority prevails": {map[string]theatre.Word{"a/use": use("1", effect(theatre.Delete)), "b/use": use("1")}, "a", 0, true},
	} {
		t.Run(name, func(t *testing.T) {
			got := theatre.Settle(c.told, rank, same)
			if got.Source != c.source || got.Base != c.base || got.Disagree != c.disagree {
				t.Errorf("got source %s, %d units, disagree %v", got.Source, got.Base, got.Disagree)
			}
		})
	}
}

func TestHear_AnOlderWordIsSuperseded(t *testing.T) {
	t.Parallel()
	noon := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	at := func(sent time.Time, message int64) theatre.Sequence {
		return theatre.Sequence{SentAt: sent, Message: message}
	}
	for name, c := range map[string]struct {
		first, second theatre.Sequence
		superseded    bool
	}{
		"by the sender's time":                  {at(noon, 1), at(noon.Add(-time.Minute), 2), true},
		"a later one by the sender's time":      {at(noon, 2), at(noon.Add(time.Minute), 1), false},
		"by receipt if the times are equal":     {at(noon, 2), at(noon, 1), true},
		"by receipt if one time is uncertain":   {at(noon, 1), at(time.Time{}, 2), false},
		"the same message again is taken again": {at(noon, 1), at(noon, 1), false},
	} {
		t.Run(name, func(t *testing.T) {
			var l theatre.Line
			w := use("1")
			w.Sequence = c.first
			if late, _ := l.Hear("a", w); late {
				t.Fatal("the first word was superseded")
			}
			w.Sequence, w.Quantity = c.second, "2"
			got, replaced := l.Hear("a", w)
			if got != c.superseded || (replaced == nil) != c.superseded || replaced != nil && replaced.Quantity != "1" {
				t.Errorf("superseded %v, want %v; replaced %+v", got, c.superseded, replaced)
			}
			if kept := l.Told["a/use"].Quantity == "1"; kept != c.superseded {
				t.Errorf("first word kept: %v", kept)
			}
		})
	}
}

func TestHear_ACreditStandsBesideItsUse(t *testing.T) {
	t.Parallel()
	var l theatre.Line
	c := credit("1")
	c.Sequence.Message = 1
	u := use("2")
	u.Sequence.Message = 2
	l.Hear("a", c)
	l.Hear("a", u)
	if got := theatre.Settle(l.Told, rank, same); got.Base != 1 {
		t.Errorf("credit first, then use: %d units left, want 1", got.Base)
	}
}

// A deletion that names no code, as HL7's null in FT1-7, is still of what was
// told before it, in whatever order the two arrive: the source that decides of
// a thing says that there was none, and no other may add it.
func TestLine_ADeletionThatNamesNothingIsOfWhatWasTold(t *testing.T) {
	t.Parallel()
	at := func(n int) theatre.Sequence {
		return theatre.Sequence{SentAt: time.Date(2026, 3, 14, 9, n, 0, 0, time.UTC), Message: int64(n)}
	}
	told := use("2", func(w *theatre.Word) { w.Codes, w.Lot, w.Sequence = []string{"erp SCREW"}, "L1", at(1) })
	gone := theatre.Word{Effect: theatre.Delete, Quantity: "2", Sequence: at(2)}
	inOrder, late := &theatre.Line{}, &theatre.Line{}
	inOrder.Hear("a", told)
	inOrder.Hear("a", gone)
	late.Hear("a", gone)
	if superseded, _ := late.Hear("a", told); !superseded || !late.Name("a", told) || late.Name("a", told) && late.Told["a/use"].Item != 7 {
		t.Errorf("a use that came after its deletion: %+v", late.Told)
	}
	for name, l := range map[string]*theatre.Line{"in order": inOrder, "use late": late} {
		s := theatre.Settle(l.Told, rank, same)
		if s.State != theatre.Withdrawn || s.Item != 7 || s.Lot != "L1" {
			t.Errorf("%s: %+v", name, s)
		}
	}
}
