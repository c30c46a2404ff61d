package fhir

import "time"

// Capability writes the CapabilityStatement of a server at base, whose
// software is of this version and began at since; secured tells whether a
// token is needed.
func Capability(base, version string, since time.Time, secured bool) []byte {
	type named struct {
		Code string `json:"code"`
	}
	type object map[string]any
	var resources []object
	add := func(kind, about string, interactions ...string) {
		r := object{"type": kind, "documentation": about, "versioning": "versioned"}
		var all []named
		for _, i := range interactions {
			all = append(all, named{i})
		}
		r["interaction"] = all
		r["readHistory"] = true // each version can be read, vread says
		if len(interactions) > 2 {
			r["updateCreate"], r["conditionalCreate"] = true, true
		}
		resources = append(resources, r)
	}
	for _, kind := range Principals {
		add(kind, "Stored and read back as the client sent it, with id and meta. A resource that is posted with the same first identifier is the next version of the same one.", "read", "vread", "create", "update")
	}
	for _, kind := range Companions {
		add(kind, "Comes in a transaction beside the Procedure that refers to it, and is read back as it came.", "read", "vread")
	}
	rest := object{
		"mode": "server", "resource": resources, "interaction": []named{{"transaction"}},
		"documentation": "Tells a hospital's inventory hub what was used on a patient: Procedures with their Devices.",
	}
	if secured {
		rest["security"] = object{"description": "A bearer token of the trust: Authorization: Bearer …"}
	}
	return marshal(object{
		"resourceType": "CapabilityStatement", "status": "active", "date": Instant(since), "kind": "instance", "fhirVersion": "4.0.1",
		"format": []string{"json", "application/fhir+json"}, "software": object{"name": "Stockwell", "version": version},
		"implementation": object{"description": "Stockwell inventory hub", "url": base}, "rest": []object{rest},
	})
}
