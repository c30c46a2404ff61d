package erp

import (
	"bytes"
	"encoding/csv"
	"strconv"

	"github.com/stockwell-hub/stockwell/simulator/hospital"
	"github.com/stockwell-hub/stockwell/simulator/trouble"
)

// Record is a row of a batch for the device registry, as far as the registry
// is played.
type Record struct {
	Record, Action string
	Version        int
	Patient        string // the local number
	Case           string
	Lot, Serial    string
	UsedAs         string
	Accepted       bool
}

// ReadBatch reads a batch's data file.
func ReadBatch(raw []byte) (out []Record, err error) {
	rows, err := table(raw)
	for _, r := range rows {
		x := Record{Record: r["record"], Action: r["action"], Patient: r["local_patient_identifier"], Case: r["case_reference"], Lot: r["implant_lot"], Serial: r["implant_serial"], UsedAs: r["device_action"]}
		x.Version, _ = strconv.Atoi(r["version"])
		out = append(out, x)
	}
	return out, err
}

// Judge says of each row whether the registry accepts it; the same row always
// gets the same answer.
func Judge(h *hospital.Hospital, all []Record) {
	for i, r := range all {
		c := hospital.NewChance(h.Seed, "registry "+r.Case+" "+r.Lot+" "+r.Serial+" "+r.Action, r.Version)
		all[i].Accepted = !c.Of(h.Troubles[trouble.Rejected])
	}
}

// WriteResponse writes the registry's response file.
func WriteResponse(all []Record) []byte {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	_ = w.Write([]string{"record", "version", "status", "code", "reason"})
	for _, r := range all {
		row := []string{r.Record, strconv.Itoa(r.Version), "accepted", "", ""}
		if !r.Accepted {
			row = []string{r.Record, strconv.Itoa(r.Version), "rejected", "E104", "The lot is not one of this product"}
		}
		_ = w.Write(row)
	}
	w.Flush()
	return b.Bytes()
}
