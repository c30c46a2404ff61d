package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/stockwell-hub/stockwell/connectors/mllp"
	"github.com/stockwell-hub/stockwell/domain/journal"
	"github.com/stockwell-hub/stockwell/pipeline"
)

// story plays theatre and ERP against the hub and checks what follows.
type story struct {
	*teller
	hub     *hub
	stage   *stage
	trust   string
	client  *mllp.Client
	failed  []string
	held    int
	message int64 // the first use
	number  string
}

// expect notes whether an expectation held.
func (s *story) expect(what string, ok bool, got string, args ...any) {
	if ok {
		s.held++
		return
	}
	s.failed = append(s.failed, what+": "+fmt.Sprintf(got, args...))
}

// until waits for something to become true.
func (s *story) until(ctx context.Context, fn func() bool) bool {
	deadline := time.Now().Add(20 * time.Second)
	for ctx.Err() == nil && time.Now().Before(deadline) {
		if fn() {
			return true
		}
		select {
		case <-ctx.Done():
		case <-time.After(25 * time.Millisecond):
		}
	}
	return false
}

func (s *story) tell(ctx context.Context) {
	s.client = mllp.NewClient(mllp.ClientConfig{Name: "demo theatre", Address: s.hub.listening[s.trust+"/theatre"]})
	defer s.client.Close()
	for _, chapter := range []func(context.Context){s.stocked, s.booked, s.used, s.repeated, s.unknown, s.posted, s.answered, s.received, s.reported} {
		if ctx.Err() != nil {
			return
		}
		chapter(ctx)
	}
}

// stocked loads what a trust begins with, as its commands do.
func (s *story) stocked(ctx context.Context) {
	t := s.hub.trusts[s.trust]
	read := func(name string) (string, []byte) {
		file := t.cfg.Path(name)
		raw, err := os.ReadFile(file)
		s.expect("the demo's "+name, err == nil, "%v", err)
		return file, raw
	}
	file, raw := read("catalogue.csv")
	report, err := pipeline.LoadCatalogue(ctx, s.hub.store, s.trust, file, bytes.NewReader(raw), func(int) {})
	s.expect("the catalogue loads", err == nil && report.Added > 0 && len(report.Rejected) == 0, "%v, %+v", err, report)
	setup, err := setupOf(t.cfg)
	if err == nil {
		_, _, err = s.hub.store.SetUp(ctx, setup)
	}
	s.expect("par levels take effect", err == nil, "%v", err)
	file, raw = read("opening.csv")
	lines, _, err := openStock(ctx, s.hub.store, t, file, raw)
	s.expect("the opening stock is posted", err == nil && lines > 0, "%v", err)
	file, raw = read("order-history.csv")
	past, _, err := takeHistory(ctx, s.hub.store, t, file, raw)
	s.expect("past orders are taken up", err == nil && past > 0, "%v", err)
	s.say("\nThe trust begins with %d items in its catalogue, %d lines of opening stock and %d past orders.", report.Added, lines, past)
}

// send sends one message and gives the hub's number of it.
func (s *story) send(ctx context.Context, control string, segments ...string) int64 {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	frame, err := s.client.Send(ctx, []byte(strings.Join(segments, "\r")+"\r"))
	if err != nil {
		s.expect("message "+control+" is acknowledged", false, "%v", err)
		return 0
	}
	answer, err := mllp.ReadAnswer(frame)
	s.expect("message "+control+" is acknowledged", err == nil && answer.Code == "AA", "%s %s %v", answer.Code, answer.Text, err)
	var id int64
	s.until(ctx, func() bool {
		found, err := s.hub.store.Messages(ctx, s.trust, journal.Filter{ControlID: control})
		if err != nil || len(found) == 0 {
			return false
		}
		id = found[0].ID
		return found[0].State != "waiting"
	})
	return id
}

func msh(typ, control string) string {
	return `MSH|^~\&|THEATRE|ZZ1|STOCKWELL|ZZ1|` + time.Now().Format("20060102150405") + `||` + typ + `|` + control + `|P|2.5`
}

const (
	ada  = `PID|1||T00412^^^NORTHMOOR^MR~9990000018^^^NHS^NH||TESTPATIENT^Ada||19540312|F`
	alan = `PID|1||T00413^^^NORTHMOOR^MR~9990000026^^^NHS^NH||TESTPATIENT^Alan||19481105|M`
	pv1  = `PV1|1|I|OR1^^^ZZ101`
)

func (s *story) booked(ctx context.Context) {
	at := time.Now().Format("20060102") + "083000"
	id := s.send(ctx, "DEMO-1", msh("SIU^S12", "DEMO-1"), `SCH|B7001|4411|||||||60|min|^^^`+at, ada, `RGS|1`,
		`AIS|1||W37.1^Primary total prosthetic replacement of hip joint using cement^OPCS4|`+at, `AIL|1||OR1^^^ZZ101`)
	chain, err := s.hub.store.Chain(ctx, s.trust, id)
	ok := err == nil && len(chain.Cases) == 1 && chain.Cases[0].Name == "4411" && chain.Cases[0].Booking == "booked"
	s.expect("case 4411 is booked", ok, "%v %+v", err, chain.Cases)
	s.say("Case 4411 is booked for Theatre 1.")
}

// stem is the use of one hip stem, the message that is sent twice.
func (s *story) stem() []string {
	now := time.Now().Format("20060102150405")
	return []string{msh("DFT^P03^DFT_P03", "DEMO-2"), `EVN|P03|` + now, ada, pv1,
		`FT1|1|T4411-1||` + now + `||CG|STEM12^Hip stem size 12^L|||1|||||||||||||4411`,
		`OBX|1|ST|LOT||FS24117||||||F`, `OBX|2|ST|EXPIRY||20310831||||||F`, `OBX|3|ST|DISPOSITION||IMPLANTED||||||F`, `OBX|4|ST|SIDE||LEFT||||||F`}
}

func (s *story) balance(ctx context.Context, item string) (journal.StockDetail, error) {
	return s.hub.store.StockDetail(ctx, s.trust, "TH1", item)
}

func (s *story) used(ctx context.Context) {
	message := s.stem()
	s.keep("use.hl7", message)
	s.message = s.send(ctx, "DEMO-2", message...)
	var order journal.Order
	s.until(ctx, func() bool {
		all, err := s.hub.store.Orders(ctx, s.trust, 1)
		if err == nil && len(all) == 1 && !all[0].Imported {
			order = all[0]
		}
		return order.State == "sent"
	})
	stock, err := s.balance(ctx, "HIP-STEM-12")
	s.expect("3 hip stems are left, and the reorder point is 4", err == nil && stock.Quantity == 3 && stock.ReorderPoint != nil && *stock.ReorderPoint == 4, "%v, %d left", err, stock.Quantity)
	s.expect("order PO-000017 of £1,240.00 was sent", order.Number == "PO-000017" && order.Value == "1240.00" && order.State == "sent", "%s, %s, %s %s", order.Number, order.Value, order.State, order.Waiting)
	file, err := os.ReadFile(filepath.Join(s.stage.erpDir, "orders", order.File))
	s.expect("its file stands on the ERP's SFTP server", err == nil && bytes.Contains(file, []byte("HIP-STEM-12")), "%v", err)
	s.number = order.Number
	s.say("Case 4411: 1 hip stem used → %d left (reorder at 4) → order %s, %s, on the ERP's SFTP server", stock.Quantity, order.Number, money(order.Value, order.Currency))
}

func (s *story) repeated(ctx context.Context) {
	raw, err := os.ReadFile(filepath.Join(s.stage.dir, "messages", "use.hl7"))
	s.expect("the message can be sent again", err == nil, "%v", err)
	again := s.send(ctx, "DEMO-2", strings.Split(strings.TrimSpace(string(raw)), "\r")...)
	s.expect("the same message is the same message", again == s.message, "message %d, then %d", s.message, again)
	stock, err := s.balance(ctx, "HIP-STEM-12")
	orders, err2 := s.hub.store.Orders(ctx, s.trust, 5)
	made := 0
	for _, o := range orders {
		if !o.Imported {
			made++
		}
	}
	s.expect("nothing changes", err == nil && err2 == nil && stock.Quantity == 3 && made == 1, "%d left, %d orders", stock.Quantity, made)
	chain, err := s.hub.store.Chain(ctx, s.trust, s.message)
	s.expect("the repetition is counted", err == nil && chain.Message.Received == 2, "%v, %d", err, chain.Message.Received)
	s.say("The same message again: acknowledged, counted, and nothing changes: still %d left, still one order.", stock.Quantity)
}

func (s *story) unknown(ctx context.Context) {
	now := time.Now().Format("20060102150405")
	id := s.send(ctx, "DEMO-3", msh("DFT^P03^DFT_P03", "DEMO-3"), `EVN|P03|`+now, alan, pv1,
		`FT1|1|T4412-1||`+now+`||CG|NEWCUP54^Cup 54 new style^L|||1|||||||||||||4412`, `OBX|1|ST|LOT||AC24118||||||F`, `OBX|2|ST|DISPOSITION||IMPLANTED||||||F`)
	chain, err := s.hub.store.Chain(ctx, s.trust, id)
	ok := err == nil && len(chain.Lines) == 1 && chain.Lines[0].State == "unidentified" && len(chain.Warnings) > 0
	s.expect("a use with an unknown code is recorded as unidentified", ok, "%v %+v", err, chain.Lines)
	s.say("Case 4412: 1 “NEWCUP54” used, a code that nobody knows → recorded as unidentified, with a warning; nobody waits.")

	table := filepath.Join(s.stage.dir, "config", "trusts", s.trust, "tables", "items.csv")
	f, err := os.OpenFile(table, os.O_APPEND|os.O_WRONLY, 0)
	if err == nil {
		_, err = f.WriteString("NEWCUP54,erp,HIP-CUP-54\n")
		err = firstError(err, f.Close())
	}
	s.expect("the code table is mended", err == nil, "%v", err)
	var replay error
	var out bytes.Buffer
	replay = messagesReplay{IDs: []int64{id}}.Run(&app{cli: &cli{Config: filepath.Join(s.stage.dir, "config", "stockwell.yaml"), Data: s.stage.dir, Trust: s.trust}, ctx: ctx, out: &out, err: &out})
	s.expect("the message is replayed", replay == nil, "%v", replay)
	stock, err := s.balance(ctx, "HIP-CUP-54")
	chain, err2 := s.hub.store.Chain(ctx, s.trust, id)
	ok = err == nil && err2 == nil && stock.Quantity == 4 && len(chain.Lines) == 1 && chain.Lines[0].State == "posted" && len(chain.Moves) == 3
	s.expect("the use is resolved", ok, "%d left, %+v", stock.Quantity, chain.Lines)
	s.say("  NEWCUP54 added to the code table as HIP-CUP-54, message %d replayed → resolved: the first entry reversed, 1 cup used, %d left.", id, stock.Quantity)
}

func firstError(errs ...error) error {
	for _, e := range errs {
		if e != nil {
			return e
		}
	}
	return nil
}

// answered is the ERP: it reads the order's file and answers with a file.
func (s *story) answered(ctx context.Context) {
	expected := time.Now().AddDate(0, 0, 3).Format(time.DateOnly)
	answer := "order_number,line,status,quantity,expected,reason\r\n" + s.number + ",1,accepted,2," + expected + ",\r\n"
	err := s.drop("answers/ack-"+s.number+".csv", answer)
	s.expect("the ERP answers", err == nil, "%v", err)
	s.start("The ERP acknowledges with a file")
	var order journal.Order
	s.until(ctx, func() bool {
		order, err = s.hub.store.Order(ctx, s.trust, s.number)
		return err == nil && order.State == "accepted"
	})
	s.done()
	s.expect("order "+s.number+" is accepted", order.State == "accepted", "%v %s", err, order.State)
	s.say("Order %s: acknowledged by the ERP, expected on %s. The answer's file was moved to processed.", s.number, expected)
}

// drop puts a file into a folder of the SFTP server, whole or not at all.
func (s *story) drop(name, text string) error {
	to := filepath.Join(s.stage.erpDir, filepath.FromSlash(name))
	if err := os.WriteFile(to+".part", []byte(text), 0o644); err != nil {
		return err
	}
	return os.Rename(to+".part", to)
}

// received is the supplier: what was ordered comes, and the storekeepers'
// system writes it into a file.
func (s *story) received(ctx context.Context) {
	today, before := time.Now().Format(time.DateOnly), int64(0)
	if stock, err := s.balance(ctx, "HIP-STEM-12"); err == nil {
		before = stock.Quantity
	}
	rows := "receipt_number,line,received_on,order_number,order_line,place,item,gtin,quantity,unit,lot,expiry,serial,action\r\n" +
		"GR-DEMO-1,1," + today + "," + s.number + ",1,TH1,HIP-STEM-12,,2,each,FS26001,2032-03-31,,\r\n"
	err := s.drop("receipts/receipt-"+s.number+".csv", rows)
	s.expect("the goods are recorded", err == nil, "%v", err)
	s.start("The goods come, with a file of what came")
	var order journal.Order
	s.until(ctx, func() bool {
		order, err = s.hub.store.Order(ctx, s.trust, s.number)
		return err == nil && order.State == "received"
	})
	s.done()
	stock, err2 := s.balance(ctx, "HIP-STEM-12")
	s.expect("order "+s.number+" is received and its goods are in stock", order.State == "received" && err2 == nil && stock.Quantity == before+2, "%v, %s, %d in stock", err, order.State, stock.Quantity)
	s.say("Order %s: 2 hip stems came, lot FS26001, expiring 2032-03-31 → %d in stock, and nothing more is on order.", s.number, stock.Quantity)
}

// keep writes a message to a file that a person may send.
func (s *story) keep(name string, segments []string) {
	dir := filepath.Join(s.stage.dir, "messages")
	err := os.MkdirAll(dir, 0o755)
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, name), []byte(strings.Join(segments, "\r")+"\r"), 0o644)
	}
	s.expect("the demo's messages can be kept", err == nil, "%v", err)
}

// verdict says whether every expectation held.
func (s *story) verdict() (wrong bool) {
	if len(s.failed) == 0 {
		s.say("\nAll %d expectations held.", s.held)
		return false
	}
	s.say("\n%d expectations held, %d did not:", s.held, len(s.failed))
	for _, f := range s.failed {
		s.say("  %s", f)
	}
	s.say("  The hub's log is %s.", filepath.Join(s.stage.dir, "stockwell.log"))
	return true
}

// invite ends the story with what to do next.
func (s *story) invite() {
	own := s.stem()
	own[0] = msh("DFT^P03^DFT_P03", "MINE-1")
	for i := range own {
		own[i] = strings.ReplaceAll(own[i], "T4411-1", "T4411-2")
	}
	s.keep("mine.hl7", own)
	s.say("\nStatus page: http://%s/\n", s.hub.httpAddr)
	s.say("In another terminal:")
	s.say("  trace it           %s --trust %s messages show %d", s.hub.command, s.trust, s.message)
	s.say("  send one of yours  %s hl7 send %s %s", ownName(), filepath.Join(s.stage.dir, "messages", "mine.hl7"), s.hub.listening[s.trust+"/theatre"])
	s.say("                     (a text file: change the case, the item or the quantity; docs/profiles/generic-theatre.md says how)")
	s.say("  break it           kill -9 $(head -1 %s)", filepath.Join(s.stage.dir, "postgres", "cluster", "postmaster.pid"))
	s.say("                     (kills PostgreSQL; send again: the hub recovers by itself and nothing is lost or doubled)")
	s.say("\nCtrl-C stops it.")
}

// ownName is how this binary was called, so that a command can be pasted.
func ownName() string {
	if self := os.Args[0]; strings.Contains(self, string(filepath.Separator)) {
		return self
	}
	return "stockwell"
}
