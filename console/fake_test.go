package console

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/stockwell-hub/stockwell/domain/journal"
	"github.com/stockwell-hub/stockwell/internal/fault"
)

// now is when the pages of the tests are read.
var now = time.Date(2026, 3, 9, 14, 3, 22, 0, time.UTC)

func at(minutesAgo int) time.Time { return now.Add(-time.Duration(minutesAgo) * time.Minute) }
func ptr[T any](v T) *T           { return &v }
func pages(r Reader) http.Handler {
	return New(r, Options{Version: "1.2.3", Now: func() time.Time { return now }})
}
func raw(v any) (out json.RawMessage) { out, _ = json.Marshal(v); return out }
func missing(what string, n any) error {
	return fault.New(fault.NotFound, "not_found", "There is no %s %v.", what, n)
}

// fake is a hub with a busy afternoon behind it. fail, if set, is what every
// read answers.
type fake struct {
	trusts []string
	status journal.Status
	chains map[int64]journal.Chain
	many   int // messages to list
	fail   error
	asked  *journal.Filter
	cases  map[int64]journal.CaseDetail
	wanted *journal.CaseFilter

	submissions []journal.Submission
	versions    []journal.SubmissionVersion
	batches     []journal.Batch
}

func (f fake) Trusts(context.Context) ([]string, error) {
	if errors.Is(f.fail, errTrusts) {
		return nil, f.fail
	}
	return f.trusts, nil
}
func (f fake) Status(_ context.Context, _ string) (journal.Status, error) { return f.status, f.fail }

func (f fake) Messages(_ context.Context, _ string, q journal.Filter) ([]journal.Message, error) {
	if f.asked != nil {
		*f.asked = q
	}
	if f.many == 0 {
		return f.status.Messages, f.fail
	}
	var out []journal.Message
	for id := int64(f.many); id > 0 && len(out) < q.Limit; id-- {
		if q.Before == 0 || id < q.Before {
			out = append(out, journal.Message{ID: id, Type: "DFT^P03", State: "applied", ReceivedAt: now})
		}
	}
	return out, f.fail
}

func (f fake) Chain(_ context.Context, _ string, id int64) (journal.Chain, error) {
	if c, ok := f.chains[id]; ok {
		return c, f.fail
	}
	return journal.Chain{}, missing("message", id)
}

func (f fake) Stock(_ context.Context, _ string, q journal.StockFilter) (out []journal.Stock, of int64, err error) {
	all := f.status.Below
	if !q.Below {
		all = append([]journal.Stock{{Place: "THEATRE-2", Item: "SCREW-35", Description: "Cortical screw 3.5 mm × 30 mm", Unit: "each", Quantity: 240, ReorderPoint: ptr(int64(80)), OrderUpTo: ptr(int64(300))},
			{Place: "THEATRE-2", Item: "A/B 1", Description: "Item whose code has a slash and a blank", Unit: "each", Quantity: 1}}, f.status.Below...)
	}
	for _, s := range all {
		if q.Search == "" || strings.Contains(strings.ToLower(s.Place+"\n"+s.Item+"\n"+s.Description), strings.ToLower(q.Search)) {
			out = append(out, s)
		}
	}
	first, of := min(q.Skip, len(out)), int64(len(out))
	if first == len(out) {
		of = 0
	}
	return out[first:min(first+q.Limit, len(out))], of, f.fail
}

func (f fake) StockDetail(_ context.Context, _, place, item string) (journal.StockDetail, error) {
	if place != "THEATRE-1" && place != "THEATRE-2" {
		return journal.StockDetail{}, missing("stock of", item)
	}
	s := f.status.Below[0]
	s.Place, s.Item = place, item
	return journal.StockDetail{Stock: s, Moves: f.chains[12].Moves, Lots: []journal.StockLot{
		{Lot: "LOT77A", Expiry: "2028-06-30", Quantity: 2}, {Lot: "LOT61C", Expiry: "2026-02-28", Expired: true, Quantity: 1}}}, f.fail
}

func (f fake) Orders(_ context.Context, _ string, limit int) ([]journal.Order, error) {
	return f.status.Orders[:min(limit, len(f.status.Orders))], f.fail
}

func (f fake) Order(_ context.Context, _, number string) (journal.Order, error) {
	for _, o := range append(f.status.Orders, f.status.Unsent...) {
		if o.Number == number {
			return o, f.fail
		}
	}
	return journal.Order{}, missing("order", number)
}

func (f fake) Registry(context.Context, string) (journal.Registry, error) {
	return f.status.Registry, f.fail
}

func (f fake) RegistryBatches(context.Context, string, int) ([]journal.Batch, error) {
	return f.batches, f.fail
}

func (f fake) Submissions(_ context.Context, _ string, q journal.SubmissionFilter) (out []journal.Submission, err error) {
	for _, s := range f.submissions {
		if q.State == "" || q.State == s.State {
			out = append(out, s)
		}
	}
	return out, f.fail
}

func (f fake) Submission(_ context.Context, _, record string) (journal.SubmissionDetail, error) {
	for _, s := range f.submissions {
		if s.Record == record && record != "" {
			return journal.SubmissionDetail{Submission: s, Versions: f.versions}, f.fail
		}
	}
	return journal.SubmissionDetail{}, missing("record", record)
}

// errTrusts makes the fake fail before it knows its trusts.
var errTrusts = errors.New("pool of secrets exhausted")

func busy() fake {
	sent, answered := at(38), at(21)
	line := journal.OrderLine{Line: 1, Item: "HIP-STEM-12", Description: "Hip stem, cementless, size 12", Place: "THEATRE-1", Cycle: 3, Packs: 4, PackSize: 1, UnitPrice: "310.0000", Value: "1240.00", State: "accepted", OpenPacks: 4,
		Expected: "2026-03-11", Movement: 881, Message: 12, Origin: "FT1[1]", Profile: "generic-theatre@1"}
	order := journal.Order{ID: 17, Number: "PO-000017", Supplier: "ORTHOCO", DeliverTo: "THEATRE-1", State: "accepted", Value: "1240.00", Currency: "GBP", Automatic: true, CreatedAt: at(39), SentAt: &sent, File: "PO-000017.csv",
		AnsweredAt: &answered, AnsweredBy: 15, Lines: []journal.OrderLine{line}}
	second := line
	second.Item, second.Description, second.Packs, second.Value, second.State, second.Movement, second.Expected = "BONE-CEMENT-40", "Bone cement 40 g with gentamicin", 12, "684.00", "ordered", 902, ""
	unsentOrder := journal.Order{ID: 18, Number: "PO-000018", Supplier: "CEMENTCO", DeliverTo: "THEATRE-1", State: "ready", Value: "684.00", Currency: "GBP", Automatic: true, CreatedAt: at(9), Lines: []journal.OrderLine{second},
		Waiting: "The ERP's SFTP server does not answer. The file is kept and sent when it does."}
	message := func(id int64, ago int, kind, state, summary string) journal.Message {
		return journal.Message{ID: id, Trust: "ZZ1", Connector: "theatre-mllp", Format: "hl7v2", Type: kind, Sender: "THEATREMAN|ZZ101", ControlID: fmt.Sprintf("MSG%05d", id), ReceivedAt: at(ago), State: state, Summary: summary, Profile: "generic-theatre@1", Received: 1, Bytes: 1204}
	}
	twelve := message(12, 40, "DFT^P03", "applied", "1 line posted")
	twelve.Received = 2
	halted := message(20, 6, "ORU^R01", "stopped", "OBX[3]: the observation names no device. Add the code to the profile's table, then replay.")
	answer := message(15, 21, "order_ack", "applied", "Order PO-000017 accepted.")
	answer.Connector, answer.Sender, answer.Format = "erp-sftp", "", "csv"
	hostile := message(19, 12, "DFT^P03", "applied", "1 line recorded as unidentified")
	move := journal.Movement{ID: 881, Kind: "use", Item: "HIP-STEM-12", Lot: "LOT77A", From: "THEATRE-1", To: "patient 31", Quantity: 1, OccurredAt: at(55), RecordedAt: at(40), Message: 12, Origin: "FT1[1]", Profile: "generic-theatre@1"}
	suggestion := journal.Suggestion{ID: 4, Place: "THEATRE-1", Item: "HIP-STEM-12", Cycle: 3, Packs: 4, PackSize: 1, UnitPrice: "310.0000", Value: "1240.00", Currency: "GBP", State: "ordered", Why: "Within the trust's limits.", DecidedBy: "planner",
		Order: "PO-000017", Movement: 881, Message: 12, Origin: "FT1[1]", ReleaseAt: at(39),
		Inputs: raw(map[string]any{"available": 3, "on_order": 0, "reorder_point": 4, "order_up_to": 7, "pack_size": 1, "history": map[string]int{"orders_12_months": 9, "largest_12_months": 6}, "spent_today": "420", "code": "within_limits"})}
	waits := suggestion
	waits.ID, waits.Item, waits.Packs, waits.PackSize, waits.Value, waits.State, waits.Order, waits.Message, waits.Movement = 5, "KNEE-TRAY-3", 40, 1, "18400.00", "waits", "", 12, 0
	waits.Why, waits.DecidedBy = "40 is above three times the largest order of the last twelve months (6).", ""
	warning := journal.Warning{ID: 1, Kind: "item_unidentified", Severity: "warning", Text: "Case 4412: something was used whose code is not in the catalogue.", Action: "Add the code to the trust's code table or the item to the catalogue, then replay message 19.", Message: 19, OpenedAt: at(12)}
	danger := journal.Warning{ID: 2, Kind: "expired_used", Severity: "danger", Text: "BONE-CEMENT-40 at THEATRE-1, lot LOT61C.", Action: "The lot had expired on the day of use. Tell the theatre lead.", Message: 12, OpenedAt: at(30)}
	notice := journal.Warning{ID: 3, Kind: "no_business_key", Severity: "notice", Text: "Case 4410: a line has no number of its own, so a second telling could not be recognised.", Action: "Compare it with the case's other lines; ask the vendor to send FT1-2 or its like.", Message: 12, OpenedAt: at(300)}
	closed := journal.Warning{ID: 4, Kind: "stock_short", Severity: "warning", Text: "HIP-STEM-12 at THEATRE-1: 1 more used than the ledger holds.", Action: "Count the shelf.", Message: 12, OpenedAt: at(90), ClosedAt: &sent, Why: "Counted."}
	useLine := journal.Line{ID: 55, Case: "4411", Key: "1", State: "posted", Item: "HIP-STEM-12", Description: "Hip stem, cementless, size 12", Text: "STEM CMTLESS 12", Lot: "LOT77A", Expiry: "2028-06-30", Quantity: "1", Disposition: "implanted", Place: "THEATRE-1", Patient: 31, Movement: 881, Message: 12, Origin: "FT1[1]", Profile: "generic-theatre@1"}
	unknownLine := journal.Line{ID: 56, Case: "4412", Key: "1", State: "unidentified", Why: "item_unknown", Text: `<script>alert("x")</script>`, Quantity: "1", Disposition: "used_unspecified", Place: "THEATRE-1", Message: 19, Origin: "FT1[1]"}
	f := fake{trusts: []string{"ZZ1"}, chains: map[int64]journal.Chain{
		12: {Message: twelve, Cases: []journal.Case{{ID: 7, Name: "4411", Booking: "booked", Patient: 31}}, Lines: []journal.Line{useLine}, Moves: []journal.Movement{move},
			Postings: []journal.Posting{{Attempt: 1, Outcome: "applied", Summary: "1 line posted.", Profile: "generic-theatre@1", PostedAt: at(40), Findings: raw([]map[string]string{{"severity": "warning", "code": "unit_assumed", "path": "FT1[1]-10", "text": "No unit was given; each was taken."}})}},
			Suggests: []journal.Suggestion{suggestion, waits}, Orders: []journal.Order{order}, Warnings: []journal.Warning{danger, closed}},
		15: {Message: answer, Orders: []journal.Order{order}},
		19: {Message: hostile, Cases: []journal.Case{{ID: 8, Name: "4412", Booking: "none"}}, Lines: []journal.Line{unknownLine}, Warnings: []journal.Warning{warning},
			Postings: []journal.Posting{{Attempt: 1, Outcome: "applied", Summary: "1 line recorded as unidentified.", Profile: "generic-theatre@1", PostedAt: at(12), Findings: json.RawMessage("{broken")}}},
		20: {Message: halted, Stop: &journal.Stop{Step: "translate", Code: "device_missing", Path: "OBX[3]-5", Text: "The observation names no device.", Profile: "generic-theatre@1", StoppedAt: at(6)}},
	}}
	for id := int64(8); id < 12; id++ {
		f.chains[id] = journal.Chain{Message: message(id, 50, "DFT^P03", "applied", "Taken up.")}
	}
	for _, m := range []journal.Message{message(16, 20, "ADT^A08", "no_change", "Nothing changed."), message(18, 18, "DFT^P03", "test", "A test message.")} {
		f.chains[m.ID] = journal.Chain{Message: m}
	}
	f.status = journal.Status{Trust: "ZZ1", Name: "Northmoor Teaching Hospitals (fictional)", Environment: "test",
		Paused:   &journal.Pause{At: at(4), By: "J. Okafor", Why: "stock count in theatres"},
		Warnings: []journal.Warning{notice, warning, danger}, Stopped: []journal.Message{halted}, Waiting: []journal.Suggestion{waits}, Unsent: []journal.Order{unsentOrder},
		Flows: []journal.Flow{
			{Trust: "ZZ1", Connector: "theatre-mllp", Direction: "in", Count: 1284, LastHour: 96, Stopped: 1, Last: ptr(at(2)), P50: 11, P99: 84},
			{Trust: "ZZ1", Connector: "erp-sftp", Direction: "in", Count: 14, LastHour: 2, Last: ptr(at(21)), P50: 640, P99: 2900},
			{Trust: "ZZ1", Connector: "orders", Direction: "out", Count: 17, LastHour: 3, Waiting: 1, Oldest: ptr(at(9)), Last: ptr(at(38)), P50: 380, P99: 61000}},
		Messages: []journal.Message{halted, hostile, message(18, 18, "DFT^P03", "test", "A test message: nothing live was touched."), message(16, 20, "ADT^A08", "no_change", "Nothing changed."), answer, twelve},
		Below: []journal.Stock{{Place: "THEATRE-1", Item: "HIP-STEM-12", Description: "Hip stem, cementless, size 12", Unit: "each", Quantity: 3, ReorderPoint: ptr(int64(4)), OrderUpTo: ptr(int64(7)), OnOrder: 4, Below: true},
			{Place: "THEATRE-1", Item: "BONE-CEMENT-40", Description: "Bone cement 40 g with gentamicin", Unit: "each", Quantity: -2, ReorderPoint: ptr(int64(10)), OrderUpTo: ptr(int64(24)), Below: true}},
		Orders: []journal.Order{unsentOrder, order}}
	f.cases = busyCases(f)
	return f
}

func (f fake) SearchCatalogue(_ context.Context, _ string, q journal.CatalogueSearch, _ time.Time) (journal.CatalogueFound, error) {
	found := journal.CatalogueFound{Text: q.Text, By: "words", Page: q.Page, Hits: []journal.CatalogueHit{}}
	if q.Text == "nothing" {
		return found, f.fail
	}
	found.Read = map[string][]string{"femral": {"femoral"}}
	found.Total = 60
	found.Hits = []journal.CatalogueHit{{Item: "HIP-STEM-12", Description: "Femoral stem", Manufacturer: "Example", Matched: "gtin 05012345000121", Ratio: 5}, {Source: "nhs-supply-chain", Key: "FAB1234", Description: "<b>Femoral</b> stem", State: "suspended"}}
	return found, f.fail
}

func (f fake) CatalogueEntry(_ context.Context, _, text string, on, _ time.Time) (journal.CatalogueEntry, error) {
	if text == "" {
		return journal.CatalogueEntry{}, missing("product", text)
	}
	return journal.CatalogueEntry{Text: text, On: on.Format(time.DateOnly),
		Items: []journal.CatalogueItem{{Item: "HIP-STEM-12", Description: "Femoral stem", BaseUnit: "each", PackSize: 1, Supplier: "ORTHO", Price: &journal.ProductPrice{Bands: []journal.PriceBand{{FromPacks: 1, Price: "620.00"}}, Currency: "GBP", Tax: "exclusive", Units: 1, From: "2026-01-01"}, Codes: []journal.ItemCode{{Kind: "gtin", Value: "05012345000121", Ratio: 1}},
			Alternatives: []journal.Alternative{{Kind: "indirect", Key: "HIP-STEM-13", Description: "Another stem"}}}},
		Products: []journal.Product{{Source: "nhs-supply-chain", Key: "FAB1234", Description: "Femoral stem", Packs: []journal.ProductPack{{Unit: "each", Ratio: 1, Issuer: "gtin", DI: "05012345000121"}}, ToldOn: "2026-02-01", Suspended: true, SuspendedWhy: "Quality",
			Price: &journal.ProductPrice{Bands: []journal.PriceBand{{FromPacks: 1, Price: "600.00"}, {FromPacks: 10, Price: "580.00"}}, Currency: "GBP", Tax: "exclusive", Units: 1, From: "2026-02-01"}, Alternatives: []journal.Alternative{{Kind: "direct", Key: "FAB1235"}},
			Approved: &journal.Approval{By: "C. Lead", Reason: "trial", At: now}}},
		Answers: []journal.Answers{{Of: []string{"item HIP-STEM-12", "nhs-supply-chain FAB1234"}, Fields: []journal.FieldAnswer{{Field: "gmdn", Value: "35685", Source: "nhs-supply-chain FAB1234"},
			{Field: "code_of_1", Value: "gtin 05012345000121", Source: "item HIP-STEM-12", Others: []journal.OtherValue{{Source: "nhs-supply-chain FAB1234", Value: "gtin 15012345000128"}}}}}},
		Open: []journal.CatalogueConflict{{ID: 3, Code: "gtin 05012345000121", A: "item HIP-STEM-12", B: "nhs-supply-chain FAB1234", Text: "They differ."}}}, f.fail
}

func (f fake) Conflicts(_ context.Context, _ string, limit int) ([]journal.CatalogueConflict, error) {
	if len(f.trusts) == 0 {
		return nil, f.fail
	}
	var out []journal.CatalogueConflict
	for i := range limit {
		out = append(out, journal.CatalogueConflict{ID: int64(i + 1), Kind: "pack_ratio", Code: "gtin 1", A: "item A", B: "nhs-supply-chain B", Text: "The pack holds 5 base units by the one and 10 by the other.", OpenedAt: at(90)})
	}
	return out, f.fail
}

func (f fake) Loads(_ context.Context, _ string, _ int) ([]journal.Load, error) {
	return []journal.Load{{ID: 2, Profile: "nhs-supply-chain-full/v1", File: "full.csv", State: "waits", Text: "It would change 199 of 199.", StartedAt: at(5)}, {ID: 1, Profile: "items/v1", State: "published", Added: 14, AcceptedBy: "B. Buyer", StartedAt: at(60)}}, f.fail
}
