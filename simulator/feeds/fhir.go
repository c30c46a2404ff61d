package feeds

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/stockwell-hub/stockwell/simulator/hospital"
	"github.com/stockwell-hub/stockwell/simulator/told"
)

// FHIRSystem begins the names of the simulated trust's identifier systems.
const FHIRSystem = "https://simulated.example/Id/"

type object = map[string]any

func identified(system, value string) object {
	return object{"identifier": object{"system": FHIRSystem + system, "value": value}}
}

// bundle writes the fifth dialect: a transaction with the case as a Procedure,
// which tells all that was used in it, its patient and its devices.
func (w writer) bundle(x told.Sending) []byte {
	c, stamp := x.Usage.Case, func(t time.Time) string { return t.In(w.zone).Format(time.RFC3339) }
	status := "in-progress"
	if x.Usage.Done {
		status = "completed"
	}
	procedure := object{
		"resourceType": "Procedure", "status": status,
		"identifier":      []any{object{"system": FHIRSystem + "case", "value": c.Number}},
		"code":            object{"coding": []any{object{"system": "https://fhir.hl7.org.uk/CodeSystem/OPCS-4", "code": c.Procedure.Code, "display": c.Procedure.Name}}},
		"subject":         object{"reference": urn(c, 0)},
		"encounter":       identified("visit", c.Visit),
		"performedPeriod": object{"start": stamp(c.In)},
		"location":        object{"identifier": object{"value": c.Theatre.Alias}},
		"performer": []any{object{"function": object{"text": "Surgeon"},
			"actor": object{"identifier": object{"system": "https://fhir.hl7.org.uk/Id/gmc-number", "value": c.Surgeon.Code[1:]}}}},
	}
	if c.Side != "" {
		procedure["bodySite"] = []any{object{"coding": []any{object{"system": "http://snomed.info/sct", "code": map[string]string{"left": "7771000", "right": "24028007"}[c.Side]}}}}
	}
	entries := []any{entry(urn(c, -1), "Procedure", procedure), entry(urn(c, 0), "Patient", w.patient(x.Patient))}
	var focal, used, codes []any
	for i, l := range x.Usage.Lines {
		id := l.Key[len(fhirKey(c, "")):]
		plain := l.Item != nil && !l.Item.Lots && l.System == "local"
		if plain && !l.Implant && l.Fate == hospital.Used {
			codes = append(codes, object{"id": id, "coding": []any{object{"system": FHIRSystem + "item", "code": l.Code, "display": l.Item.Description}}})
			continue
		}
		reference := object{"reference": urn(c, i+1)}
		entries = append(entries, entry(urn(c, i+1), "Device", device(l)))
		switch l.Fate {
		case hospital.Implanted, hospital.Explanted:
			action := object{"coding": []any{object{"system": "http://hl7.org/fhir/device-action", "code": string(l.Fate)}}}
			focal = append(focal, object{"id": id, "action": action, "manipulated": reference})
		default:
			reference["id"] = id
			used = append(used, reference)
		}
	}
	for name, list := range map[string][]any{"focalDevice": focal, "usedReference": used, "usedCode": codes} {
		if len(list) > 0 {
			procedure[name] = list
		}
	}
	raw, err := json.Marshal(object{"resourceType": "Bundle", "type": "transaction", "timestamp": stamp(x.Message.SentAt), "entry": entries})
	if err != nil {
		return nil // of maps, texts and lists there is none
	}
	return raw
}

// urn names a resource within its Bundle.
func urn(c *hospital.Case, n int) string {
	return fmt.Sprintf("urn:uuid:00000000-0000-4000-8000-%07d%05d", c.N, n+1)
}

func entry(name, kind string, resource object) object {
	return object{"fullUrl": name, "request": object{"method": "POST", "url": kind}, "resource": resource}
}

func (w writer) patient(p *told.Person) object {
	ids := []any{object{"system": FHIRSystem + "patient", "value": p.Number}}
	if p.NHS != "" {
		ids = append(ids, object{"system": "https://fhir.nhs.uk/Id/nhs-number", "value": p.NHS})
	}
	return object{"resourceType": "Patient", "identifier": ids, "name": []any{object{"family": p.Family, "given": []any{p.Given}}},
		"gender": map[string]string{"F": "female", "M": "male"}[p.Sex], "birthDate": p.Born[:4] + "-" + p.Born[4:6] + "-" + p.Born[6:]}
}

func device(l told.Line) object {
	d := object{"resourceType": "Device", "status": "active"}
	if l.UDI && l.Item != nil {
		d["udiCarrier"] = []any{object{"deviceIdentifier": l.Item.GTIN, "issuer": "http://hl7.org/fhir/NamingSystem/gs1-di", "carrierHRF": gs1(l.Item.GTIN, l.Lot, l.Expiry, l.Serial, true)}}
	} else {
		if l.System == "gtin" {
			d["udiCarrier"] = []any{object{"deviceIdentifier": l.Code, "issuer": "http://hl7.org/fhir/NamingSystem/gs1-di"}}
		} else {
			d["type"] = object{"coding": []any{object{"system": FHIRSystem + "item", "code": l.Code}}}
		}
		for name, value := range map[string]string{"lotNumber": l.Lot, "serialNumber": l.Serial, "expirationDate": l.Expiry} {
			if value != "" {
				d[name] = value
			}
		}
	}
	if l.Item != nil {
		d["deviceName"] = []any{object{"name": l.Item.Description, "type": "user-friendly-name"}}
	}
	return d
}

// fhirKey is a line's number as the Procedure's identifier and the element's
// id make it.
func fhirKey(c *hospital.Case, id string) string { return FHIRSystem + "case|" + c.Number + "/" + id }
