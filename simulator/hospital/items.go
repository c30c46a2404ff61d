package hospital

import (
	"fmt"
	"strings"
)

// Item is one thing that the trust buys.
type Item struct {
	N           int
	Code        string // the trust's own, as ERP and catalogue have it
	Local       string // what theatres type for it
	Family      string
	Description string
	GTIN        string // of one
	PackGTIN    string // of a pack; empty where it comes singly
	NPC, MPC    string
	Pack        int // units in a pack
	Pence       int // price of a pack
	Supplier    string
	Class       string // of the device
	Implant     bool
	Serial      bool // each one has a serial number
	Lots        bool // each box has a lot
	Ceiling     int  // most that a case is thought to use; 0 is none
}

type family struct {
	name, about, supplier, class string
	sizes                        []string
	pack, pence, ceiling         int
	kind                         kind
}

type kind int

const (
	plain   kind = iota // a consumable without a lot
	lotted              // a consumable with a lot
	implant             // an implant with a lot
	serial              // an implant with a lot and a serial number
)

var families = []family{
	{"HIPSTEM", "Femoral stem, size %s", "ORTHO", "III", []string{"10", "11", "12", "13", "14", "15"}, 1, 62000, 4, implant},
	{"HIPCUP", "Acetabular cup, %s mm", "ORTHO", "III", []string{"48", "50", "52", "54", "56"}, 1, 41500, 4, implant},
	{"HIPHEAD", "Femoral head, %s mm", "ORTHO", "III", []string{"28", "32", "36"}, 1, 18000, 4, implant},
	{"HIPLINER", "Acetabular liner, %s mm", "ORTHO", "III", []string{"28", "32", "36"}, 1, 15500, 4, implant},
	{"KNEEFEM", "Femoral component, size %s", "ORTHO", "III", []string{"3", "4", "5", "6"}, 1, 78000, 4, implant},
	{"KNEETIB", "Tibial tray, size %s", "ORTHO", "III", []string{"3", "4", "5", "6"}, 1, 52000, 4, implant},
	{"KNEEINS", "Tibial insert, %s mm", "ORTHO", "III", []string{"10", "12", "14"}, 1, 24000, 4, implant},
	{"PLATE", "Locking plate, %s holes", "TRAUMA", "IIb", []string{"6", "8", "10"}, 1, 31000, 4, implant},
	{"SCREW", "Cortical screw 3.5 mm x %s", "TRAUMA", "IIb", []string{"30", "40", "50"}, 10, 14500, 16, implant},
	{"NAIL", "Femoral nail, %s mm", "TRAUMA", "IIb", []string{"340", "360", "380"}, 1, 45000, 3, implant},
	{"CEMENT", "Bone cement, %s g", "ORTHO", "IIb", []string{"40", "80"}, 5, 19500, 8, lotted},
	{"PACER", "Pacemaker %s", "CARDIO", "III", []string{"SR", "DR"}, 1, 145000, 2, serial},
	{"LEAD", "Pacing lead, %s cm", "CARDIO", "III", []string{"52", "58"}, 1, 32000, 5, serial},
	{"STENT", "Drug-eluting stent %s mm", "CARDIO", "III", []string{"2.5", "3.0", "3.5"}, 1, 38000, 8, implant},
	{"SHEATH", "Introducer sheath %sF", "CARDIO", "IIa", []string{"6", "7"}, 5, 9500, 0, lotted},
	{"IOL", "Intraocular lens %s D", "VISION", "III", []string{"19.0", "20.0", "20.5", "21.0", "21.5", "22.0", "23.0"}, 1, 9800, 3, implant},
	{"VISCO", "Viscoelastic, %s ml", "VISION", "IIb", []string{"0.8"}, 10, 18000, 0, lotted},
	{"MESH", "Mesh %s cm", "GENERAL", "IIb", []string{"10x15", "15x15"}, 1, 8800, 4, implant},
	{"STAPLER", "Linear stapler, %s mm", "GENERAL", "IIb", []string{"60", "75"}, 3, 36000, 6, lotted},
	{"RELOAD", "Stapler reload, %s mm", "GENERAL", "IIb", []string{"60", "75"}, 6, 42000, 24, lotted},
	{"SUTURE", "Suture %s", "NHSSC", "IIb", []string{"2/0", "3/0", "4/0"}, 12, 5400, 0, lotted},
	{"DRAPE", "Drape pack, %s", "NHSSC", "I", []string{"large", "extremity"}, 10, 4200, 0, plain},
	{"GLOVE", "Surgeon's gloves, size %s", "NHSSC", "I", []string{"7", "7.5", "8"}, 50, 3900, 0, plain},
	{"BLADE", "Scalpel blade no. %s", "NHSSC", "IIa", []string{"10", "15"}, 100, 1100, 0, lotted},
}

// newItems makes the catalogue, the same in every hospital.
func newItems() []*Item {
	var out []*Item
	for _, f := range families {
		for i, size := range f.sizes {
			n := len(out) + 1
			short := strings.NewReplacer("/", "", ".", "", " ", "").Replace(strings.ToUpper(size))
			x := &Item{
				N: n, Code: f.name + "-" + short, Local: fmt.Sprintf("%s%s", strings.ReplaceAll(f.name, "-", ""), short), Family: f.name,
				Description: fmt.Sprintf(f.about, size), GTIN: gtin(n), NPC: fmt.Sprintf("SIM%05d", n), MPC: fmt.Sprintf("%s.%03d", f.name[:3], n),
				Pack: f.pack, Pence: f.pence + 100*i, Supplier: f.supplier, Class: f.class, Implant: f.kind >= implant, Serial: f.kind == serial, Lots: f.kind > plain, Ceiling: f.ceiling,
			}
			if x.Pack > 1 {
				x.PackGTIN = gtin(50_000 + n)
			}
			out = append(out, x)
		}
	}
	return out
}

// gtin gives number n of the range that GS1 keeps for examples.
func gtin(n int) string {
	body := fmt.Sprintf("0952%09d", n)
	sum := 0
	for i := range body { // weights 3 and 1 from the right; the body has 13 digits
		weight := 3
		if i%2 == 1 {
			weight = 1
		}
		sum += int(body[i]-'0') * weight
	}
	return fmt.Sprintf("%s%d", body, (10-sum%10)%10)
}

// family lists a family's items, by size.
func (h *Hospital) family(name string) (out []*Item) {
	for _, x := range h.Items {
		if x.Family == name {
			out = append(out, x)
		}
	}
	return out
}
