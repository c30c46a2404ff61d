package posting

import (
	"fmt"
	"slices"
	"time"

	"github.com/stockwell-hub/stockwell/domain/identity"
	"github.com/stockwell-hub/stockwell/domain/purchasing"
	"github.com/stockwell-hub/stockwell/domain/registry"
	"github.com/stockwell-hub/stockwell/domain/theatre"
	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/schemas/canonical"
)

// Decide says what ms do, in order, to what is known, and what becomes of
// each. k grows by what is decided. ids hands out new entity numbers; now is
// the moment of the decision.
func Decide(t Trust, k *Known, ms []Message, now time.Time, ids func() int64) (Changes, []Result) {
	d := &decider{t: t, k: k, now: now, ids: ids, cases: map[theatre.CaseID]bool{}, lines: map[theatre.LineID]int{}, orders: map[string]bool{}, began: map[theatre.CaseID]bool{}, fresh: map[theatre.LineID]bool{}, settled: map[string]bool{}, stale: map[theatre.CaseID]bool{}, casePatients: map[CasePatient]bool{}, statusTold: map[statusOf]bool{}, receiptKept: map[*purchasing.ReceiptLine]bool{}}
	d.out.grow(ms)
	results := make([]Result, len(ms))
	for i, m := range ms {
		results[i] = d.message(m)
	}
	if len(d.out.Links) > 0 {
		d.out.Merges = k.Merges
	}
	d.out.States = make([]theatre.CaseState, len(d.out.Cases))
	for i, c := range d.out.Cases {
		d.out.States[i] = d.readCase(c)
	}
	return d.out, results
}

// MostIDs is how many numbers deciding ms takes, unless a snapshot withdraws
// more lines than it tells or a booking corrects a whole case: ids must be
// able to give more.
func MostIDs(ms []Message) int {
	n := 0
	for _, m := range ms {
		for _, e := range m.Said.Events {
			n += 4
			if u, ok := e.(canonical.Usage); ok {
				n += 4 * len(u.Lines)
			}
			if r, ok := e.(canonical.GoodsReceived); ok {
				n += 3 * len(r.Lines)
			}
		}
	}
	return n
}

type decider struct {
	t   Trust
	k   *Known
	now time.Time
	ids func() int64
	out Changes

	cases  map[theatre.CaseID]bool // in out.Cases
	lines  map[theatre.LineID]int  // index in out.Lines
	orders map[string]bool         // in out.Orders

	began   map[theatre.CaseID]bool // cases that this batch began
	fresh   map[theatre.LineID]bool // lines that this batch began
	settled map[string]bool         // in out.Settled
	stale   map[theatre.CaseID]bool // whose patient changed, and with it perhaps the lines

	casePatients map[CasePatient]bool // in out.CasePatients
	statusTold   map[statusOf]bool

	receiptKept map[*purchasing.ReceiptLine]bool // in out.Receipts
	moved       map[Counted]int64                // by the first counted of out.Movements
	counted     int
}

// saying is one message while it is decided.
type saying struct {
	Message
	findings            []canonical.Finding
	changed, superseded bool
	summary             summary
	tellings            []*telling
	receipts            []receiptRow
	receiptAt           map[purchasing.ReceiptKey]int // in receipts
	answered            map[registry.State]int
	cases               []theatre.CaseID
}

// about notes that the message is about a case, whether it changes it or not.
func (s *saying) about(id theatre.CaseID) {
	if !slices.Contains(s.cases, id) {
		s.cases = append(s.cases, id)
	}
}

func (s *saying) find(sev canonical.Severity, code, path, text string, args ...any) {
	if path == "PID-3" && s.PatientAt != "" {
		path = s.PatientAt
	}
	s.findings = append(s.findings, canonical.Finding{Severity: sev, Code: code, Path: path, Text: fmt.Sprintf(text, args...)})
}

// sequence is where the message stands among its sender's words.
func (s *saying) sequence() theatre.Sequence {
	q := theatre.Sequence{Message: s.ID}
	if at := s.Said.Header.SentAt; at.Certain() && !s.ahead() {
		q.SentAt = at.At
	}
	return q
}

// mostAhead is how far a sender's clock may be ahead of ours, an hour of summer
// time and its own error; what was sent later than that decides no sequence.
const mostAhead = 2 * time.Hour

// ahead reports whether the message says that it was sent in the future.
func (s *saying) ahead() bool {
	return !s.ReceivedAt.IsZero() && s.Said.Header.SentAt.At.Sub(s.ReceivedAt) > mostAhead
}

func (d *decider) message(m Message) Result {
	if r, ok := d.early(m); ok {
		return r
	}
	s := &saying{Message: m, findings: append([]canonical.Finding(nil), m.Said.Findings...)}
	if m.Reused {
		s.find(canonical.Warning, "control_id_reused", "MSH-10", "Another message came before under this control ID. Both were handled; tell the sender's vendor.")
	}
	if s.ahead() {
		s.find(canonical.Warning, "sent_in_future", "MSH-7", "The message says that it was sent in the future, so the order of receipt counts. Have the sender's clock put right.")
	}
	outcome := ""
	switch {
	case m.Said.Ignored != "":
		outcome, s.summary.note = "ignored", "Ignored by the mapping: "+m.Said.Ignored
	case d.test(m):
		outcome, s.summary.note = "test", "Test message or test patient: kept in the archive, no effect on live stock."
	default:
		for _, e := range m.Said.Events {
			d.event(s, e)
		}
		d.takeUp(s)
		d.takeReceipts(s)
		d.refusedRows(s)
	}
	if outcome == "" {
		switch {
		case s.changed:
			outcome = "applied"
		case s.superseded:
			outcome = "superseded"
		default:
			outcome = "no_change"
		}
	}
	d.out.Postings = append(d.out.Postings, Posting{Message: m, Outcome: outcome, Summary: s.summary.text(outcome), Findings: s.findings, Cases: s.cases})
	return Result{}
}

// early catches what must wait before any of the message has an effect.
func (d *decider) early(m Message) (Result, bool) {
	for _, e := range m.Said.Events {
		if a, ok := e.(canonical.OrderAnswer); ok {
			if o := d.k.Orders[a.OrderNumber]; o != nil && o.State == "ready" {
				return Result{Retry: fault.New(fault.Unavailable, "order_not_sent_yet", "Order %s was answered while it was being sent. The answer is taken up when sending is done.", o.Number)}, true
			}
		}
		if a, ok := e.(canonical.RegistryAnswer); ok {
			if err := d.unsent(a); err != nil {
				return Result{Retry: err}, true
			}
		}
	}
	return Result{}, false
}

// test reports whether law 7 keeps m away from live stock.
func (d *decider) test(m Message) bool {
	if d.t.Test {
		return false
	}
	if env := m.Said.Header.Environment; env == canonical.Training || env == canonical.Debugging {
		return true
	}
	for _, e := range m.Said.Events {
		var p []canonical.Patient
		switch e := e.(type) {
		case canonical.Usage:
			p = append(p, e.Patient)
		case canonical.Booking:
			p = append(p, e.Patient)
		case canonical.PatientUpdate:
			p = append(p, e.Patient)
		case canonical.PatientMerge:
			p = append(p, e.Survivor, e.Retired)
		case canonical.PatientUnmerge:
			p = append(p, e.Survivor, e.Retired)
		case canonical.VisitMove:
			p = append(p, e.From, e.To)
		case canonical.Coding:
			p = append(p, e.Patient)
		}
		for _, p := range p {
			if d.testPatient(p) {
				return true
			}
		}
	}
	return false
}

func (d *decider) testPatient(p canonical.Patient) bool {
	ids := make([]identity.Identifier, len(p.Identifiers))
	for i, x := range p.Identifiers {
		ids[i] = identifier(x)
	}
	return d.t.TestPatients.Is(ids)
}

func (d *decider) event(s *saying, e canonical.Event) {
	switch e := e.(type) {
	case canonical.Usage:
		d.usage(s, e)
	case canonical.Booking:
		d.booking(s, e)
	case canonical.PatientUpdate:
		d.patientUpdate(s, e)
	case canonical.PatientMerge:
		d.merge(s, e)
	case canonical.PatientUnmerge:
		d.unmerge(s, e)
	case canonical.VisitMove:
		d.visitMove(s, e)
	case canonical.VisitMerge:
		d.visitMerge(s, e)
	case canonical.Coding:
		d.coding(s, e)
	case canonical.OrderAnswer:
		d.answer(s, e)
	case canonical.GoodsReceived:
		d.received(s, e)
	case canonical.RegistryAnswer:
		d.registryAnswer(s, e)
	case canonical.Decision:
		d.decision(s, e)
	}
}

// settles notes that what is warned of subject from here on is all that is
// open, whatever an earlier message of the batch said. Of a subject that the
// batch began nothing was warned before it.
func (d *decider) settles(subject string, began bool) {
	if d.settled[subject] {
		d.out.Warnings = slices.DeleteFunc(d.out.Warnings, func(w Warning) bool { return w.Subject == subject })
		return
	}
	d.settled[subject] = true
	if !began {
		d.out.Settled = append(d.out.Settled, subject)
	}
}

func (d *decider) warn(w Warning) { d.out.Warnings = append(d.out.Warnings, w) }
