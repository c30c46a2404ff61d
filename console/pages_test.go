package console

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stockwell-hub/stockwell/domain/journal"
)

func TestStatus_OpensWithWhatNeedsYou(t *testing.T) {
	doc := open(t, pages(busy()), "/")
	if first := said(all(doc, "h2")[0]); !strings.HasPrefix(first, "What needs you 7") {
		t.Errorf("the first section is %q", first)
	}
	must(t, "the status page", said(doc), "Northmoor Teaching Hospitals", "Test environment", "theatre-mllp", "1,284", "84 ms", "oldest 9 minutes ago",
		"Stock below its reorder point", "HIP-STEM-12", "Below, on order", "PO-000017", "£1,240.00", "Paused by J. Okafor: stock count in theatres")
}

func TestChain_TellsFromTheMessageToTheAnswer(t *testing.T) {
	must(t, "the chain", said(open(t, pages(busy()), "/ZZ1/messages/12")), "Message 12", "generic-theatre@1", "No unit was given; each was taken.", "Case 4411", "Implanted", "lot LOT77A, expires 2028-06-30",
		"881 Use", "led to suggested order 4", "Became order PO-000017", "3, below the reorder point of 4", "£1,240.00, 1 line, for THEATRE-1", "PO-000017.csv", "by message 15", "2 A repeat changes nothing.", "patient 31")
	must(t, "the answer's chain", said(open(t, pages(busy()), "/ZZ1/messages/15")), "Order PO-000017", "accepted, answered today 13:42:22")
	must(t, "a stopped message", said(open(t, pages(busy()), "/ZZ1/messages/20")), "It is stopped: it could not be read", "OBX[3]-5: The observation names no device.", "stockwell messages replay 20")
}

func TestChain_NeverShowsTheMessageItself(t *testing.T) {
	seen := map[reflect.Type]bool{}
	var look func(reflect.Type)
	look = func(v reflect.Type) {
		for v.Kind() == reflect.Slice && v.Elem().Kind() != reflect.Uint8 || v.Kind() == reflect.Pointer {
			v = v.Elem()
		}
		if v.Kind() == reflect.Slice && v != reflect.TypeFor[json.RawMessage]() {
			t.Errorf("a chain carries bytes: %s", v)
		}
		if v.Kind() != reflect.Struct || seen[v] || v == reflect.TypeFor[time.Time]() {
			return
		}
		seen[v] = true
		for i := range v.NumField() {
			look(v.Field(i).Type)
		}
	}
	look(reflect.TypeFor[journal.Chain]())
}

func TestChain_SaysWhenTheRawBytesWerePruned(t *testing.T) {
	f := busy()
	c := f.chains[12]
	c.Message.PrunedAt = ptr(at(10))
	f.chains[12] = c
	must(t, "a pruned message", said(open(t, pages(f), "/ZZ1/messages/12")), "Raw bytes Pruned as configured, today 13:53:22 Movements, lines, cases and orders remain. The message cannot be replayed.", "881 Use")
}

func TestPages_EscapeWhatSendersWrite(t *testing.T) {
	evil := `<script>alert("x")</script><img src=x onerror=alert(1)>`
	f := busy()
	f.status.Messages[0].Sender, f.status.Messages[0].Summary, f.status.Messages[0].Type = evil, evil, evil
	f.status.Below[0].Description, f.status.Orders[0].Supplier, f.status.Flows[0].Connector = evil, evil, evil
	f.status.Warnings[0].Text, f.status.Warnings[0].Action = evil, evil
	for _, path := range []string{"/", "/ZZ1/messages", "/ZZ1/messages/19", "/ZZ1/stock", "/ZZ1/orders", "/ZZ1/stock?q=" + `%22%3E%3Cscript%3E`, "/ZZ1/messages?type=" + `%22%3E%3Cscript%3E`} {
		doc := open(t, pages(f), path)
		if len(all(doc, "script", "img")) > 0 {
			t.Errorf("%s runs what a sender wrote", path)
		}
	}
	must(t, "the line", said(open(t, pages(f), "/ZZ1/messages/19")), `<script>alert("x")</script>`, "What was noted of this reading cannot be shown here")
}

func TestOrder_NamesItsFileItsNeedAndItsMessage(t *testing.T) {
	text := said(open(t, pages(busy()), "/ZZ1/orders/PO-000017"))
	must(t, "the order", text, "Order PO-000017", "ORTHOCO", "4 1 in a pack 4 still to come", "£310.00", "expected on 2026-03-11", "message 12", "FT1[1]", "movement 881", "by the hub, within the trust's limits")
	must(t, "an unsent order", said(open(t, pages(busy()), "/ZZ1/orders/PO-000018")), "Order not sent", "does not answer", "stockwell check")
}

func TestStock_IsSearchedAndFiltered(t *testing.T) {
	h := pages(busy())
	text := said(open(t, h, "/ZZ1/stock?q=cement&below=1"))
	must(t, "the list", text, "BONE-CEMENT-40", "Below zero: count it")
	if strings.Contains(text, "SCREW-35") {
		t.Error("the list holds what was not searched for")
	}
	must(t, "a shelf", said(open(t, h, "/ZZ1/stock/THEATRE-1/HIP-STEM-12")), "3 each", "LOT61C", "Expired", "message 12")
}

func TestStock_IsShownInParts(t *testing.T) {
	f := busy()
	for range 250 {
		f.status.Below = append(f.status.Below, journal.Stock{Place: "P", Item: "I"})
	}
	must(t, "the first part", said(open(t, pages(f), "/ZZ1/stock?below=1")), "1 to 100 of 252 stock balances", "Further in the list")
	must(t, "the last part", said(open(t, pages(f), "/ZZ1/stock?below=1&from=201")), "201 to 252 of 252 stock balances", "Earlier in the list")
	for _, from := range []string{"9999", "9223372036854775807"} {
		past := said(open(t, pages(f), "/ZZ1/stock?below=1&from="+from))
		must(t, "past the end", past, "No stock balance to show")
		if strings.Contains(past, "Further in the list") {
			t.Errorf("past the end at %s there is more", from)
		}
	}
}

func TestStatus_CountsWhatItDoesNotList(t *testing.T) {
	f := busy()
	f.status.WarningsInAll, f.status.WaitingInAll = int64(len(f.status.Warnings))+4000, int64(len(f.status.Waiting))+1
	must(t, "the status", said(open(t, pages(f), "/ZZ1/")), "4,000 more warnings and 1 more suggested order", "stockwell warnings list")
	f.status.WarningsInAll, f.status.WaitingInAll = 0, 0
	if text := said(open(t, pages(f), "/ZZ1/")); strings.Contains(text, "not listed here") {
		t.Error("nothing is left out, and the page says otherwise")
	}
}

func TestMessages_AreFilteredAndPaged(t *testing.T) {
	asked := journal.Filter{}
	f := busy()
	f.many, f.asked = 120, &asked
	doc := open(t, pages(f), "/ZZ1/messages?state=applied&type=DFT%5EP03&control_id=M1&before=101")
	if asked.State != "applied" || asked.Type != "DFT^P03" || asked.ControlID != "M1" || asked.Before != 101 {
		t.Errorf("asked for %+v", asked)
	}
	var links []string
	for _, n := range all(doc, "a") {
		links = append(links, attr(n, "href"))
	}
	must(t, "the page", strings.Join(links, "\n"), "/ZZ1/messages?before=51&control_id=M1&state=applied&type=DFT%5EP03", "/ZZ1/messages?control_id=M1&state=applied&type=DFT%5EP03")
}

func TestHome_ListsSeveralTrusts(t *testing.T) {
	f := busy()
	f.trusts = []string{"ZZ1", "ZZ2"}
	must(t, "the start page", said(open(t, pages(f), "/")), "Trust ZZ1", "Trust ZZ2")
	f.trusts = nil
	must(t, "an empty hub", said(open(t, pages(f), "/")), "No trust is set up", "stockwell check")
}
