// Package folder writes down the simulated trust as the hub needs it: its
// configuration, overlays and code tables, its catalogue, opening stock, par
// levels and past orders; and beside them the messages with their schedule,
// and the truth.
//
// Sending does not belong here, nor do secrets.
package folder

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/stockwell-hub/stockwell/simulator/feeds"
	"github.com/stockwell-hub/stockwell/simulator/hospital"
	"github.com/stockwell-hub/stockwell/simulator/told"
)

// Addresses are where the hub listens, and where the ERP's server is.
type Addresses struct {
	HTTP  string            `json:"http"`
	ERP   string            `json:"erp"`
	Feeds map[string]string `json:"feeds"` // by connector
}

// At gives addresses of this machine from a port on.
func At(port int) Addresses {
	a := Addresses{HTTP: fmt.Sprintf("127.0.0.1:%d", port), ERP: fmt.Sprintf("127.0.0.1:%d", port+1), Feeds: map[string]string{}}
	for i, name := range feeds.All() {
		a.Feeds[name] = fmt.Sprintf("127.0.0.1:%d", port+2+i)
	}
	return a
}

// Files gives the configuration folder's files, by path within it.
func Files(p *feeds.Plan, a Addresses) map[string][]byte {
	dir := "trusts/" + hospital.Trust + "/"
	return map[string][]byte{
		"stockwell.yaml":                    fmt.Appendf(nil, "# The hub of the synthetic hospital, as `stockwell simulate` wrote it.\nhttp: {listen: %q}\n", a.HTTP),
		dir + "trust.yaml":                  trustYAML(p, a),
		dir + "theatre.yaml":                []byte(theatreOverlay),
		dir + "actions.yaml":                []byte(actionsOverlay),
		dir + "daybook.yaml":                []byte(daybookOverlay),
		dir + "fhir.yaml":                   []byte(fhirOverlay),
		dir + "tables/fhir-systems.csv":     []byte("code,kind\n" + feeds.FHIRSystem + "item,local\n"),
		dir + "tables/fhir-patients.csv":    []byte("code,type\n" + feeds.FHIRSystem + "patient,MR\n"),
		dir + "tables/fhir-authorities.csv": []byte("code,authority\n" + feeds.FHIRSystem + "patient,NMR\n"),
		dir + "tables/items.csv":            items(p),
		dir + "tables/daybook-signs.csv":    []byte("code,effect\nI,use\n"),
		dir + "tables/daybook-systems.csv":  []byte("code,kind\nEAN,gtin\n"),
		dir + "catalogue.csv":               catalogue(p),
		dir + "opening.csv":                 opening(p),
		dir + "policies.csv":                policies(p),
		dir + "order-history.csv":           history(p),
	}
}

// rows writes CSV.
func rows(head string, each func(add func(cells ...any))) []byte {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	_ = w.Write(strings.Split(head, ","))
	each(func(cells ...any) {
		text := make([]string, len(cells))
		for i, c := range cells {
			text[i] = fmt.Sprint(c)
		}
		_ = w.Write(text)
	})
	w.Flush()
	return b.Bytes()
}

func pounds(pence int) string { return fmt.Sprintf("%d.%02d", pence/100, pence%100) }

func catalogue(p *feeds.Plan) []byte {
	return rows("item,description,base_unit,gtin,npc,mpc,manufacturer,pack_size,pack_gtin,supplier,supplier_code,price,currency,lot_tracked,serial_tracked,device_class,implantable,reportable,case_ceiling", func(add func(...any)) {
		for _, x := range p.Items {
			ceiling := ""
			if x.Ceiling > 0 {
				ceiling = strconv.Itoa(x.Ceiling)
			}
			add(x.Code, x.Description, "each", x.GTIN, x.NPC, x.MPC, "Example Devices", x.Pack, x.PackGTIN, x.Supplier, fmt.Sprintf("S%04d", x.N), pounds(x.Pence), "GBP", x.Lots, x.Serial, x.Class, x.Implant,
				x.Implant, ceiling)
		}
	})
}

func opening(p *feeds.Plan) []byte {
	return rows("place,item,lot,expiry,serial,quantity", func(add func(...any)) {
		for _, o := range p.Opening {
			add(o.Place.Code, o.Item.Code, o.Lot, o.Expiry, o.Serial, o.Quantity)
		}
	})
}

func policies(p *feeds.Plan) []byte {
	return rows("place,item,reorder_point,order_up_to", func(add func(...any)) {
		for _, l := range p.Levels {
			add(l.Place.Code, l.Item.Code, l.Reorder, l.Upto)
		}
	})
}

func history(p *feeds.Plan) []byte {
	return rows("order_number,ordered_on,place,item,quantity,unit_price,supplier", func(add func(...any)) {
		for _, l := range p.Levels {
			if l.Past > 0 {
				add(l.Number, l.PastOn, l.Place.Code, l.Item.Code, l.Past, pounds(l.Item.Pence), l.Item.Supplier)
			}
		}
	})
}

func items(p *feeds.Plan) []byte {
	return rows("code,kind,value", func(add func(...any)) {
		for _, x := range p.Items {
			add(x.Local, "erp", x.Code)
		}
	})
}

// WriteMessages writes each sender's messages into a file of its own, and the
// schedule of all.
func WriteMessages(dir string, p *feeds.Plan) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	schedule, err := os.Create(filepath.Join(dir, "schedule.csv"))
	if err != nil {
		return err
	}
	defer schedule.Close()
	w := csv.NewWriter(schedule)
	_ = w.Write([]string{"sender", "number", "goes_out", "sent_at", "connector", "type", "control_id", "again", "file", "offset", "bytes"})
	for _, s := range p.Senders {
		name := s.Name + map[told.Door]string{told.MLLP: ".hl7", told.FHIR: ".ndjson"}[s.Door]
		f, err := os.Create(filepath.Join(dir, name))
		if err != nil {
			return err
		}
		offset := 0
		for i, x := range s.Sendings {
			raw := p.Write(s, x)
			if s.Door == told.FHIR {
				raw = append(raw, '\n')
			}
			if _, err = f.Write(raw); err != nil {
				break
			}
			_ = w.Write([]string{s.Name, strconv.Itoa(i + 1), x.At.Format(time.RFC3339Nano), x.SentAt.Format(time.RFC3339), s.Connector, x.Type, x.Control, x.Again, name, strconv.Itoa(offset), strconv.Itoa(len(raw))})
			offset += len(raw)
		}
		if end := f.Close(); err == nil {
			err = end
		}
		if err != nil {
			return err
		}
	}
	w.Flush()
	return w.Error()
}

// Truth gives files that tell what was true, whatever was told, by name.
func Truth(p *feeds.Plan) map[string][]byte {
	happened, _ := json.MarshalIndent(p.Happened, "", "  ")
	return map[string][]byte{
		"cases.csv": rows("case,booking,visit,theatre,patient,procedure,side,surgeon,emergency,booked_at,planned_at,in,out,cancelled", func(add func(...any)) {
			for _, c := range p.Cases {
				add(c.Number, c.Booking, c.Visit, c.Theatre.Code, c.Patient.Number, c.Procedure.Code, c.Side, c.Surgeon.Code, c.Emergency, c.BookedAt.Format(time.RFC3339), c.Planned.Format(time.RFC3339),
					c.In.Format(time.RFC3339), c.Out.Format(time.RFC3339), c.Cancelled)
			}
		}),
		"uses.csv": rows("case,use,place,item,quantity,lot,serial,expiry,at,fate,side,set,cycle", func(add func(...any)) {
			for _, c := range p.Cases {
				for _, u := range c.Uses {
					add(c.Number, u.N, u.Place.Code, u.Item.Code, u.Quantity, u.Lot, u.Serial, u.Expiry, u.At.Format(time.RFC3339), u.Fate, u.Side, u.Set, u.Cycle)
				}
			}
		}),
		"happened.json": append(happened, '\n'),
	}
}
