package fhir

import (
	"encoding/json"
	"testing"
)

func FuzzRead_NeverPanicsAndAgreesWithTheStandardLibrary(f *testing.F) {
	f.Add([]byte(theatre), "subject.resolve().name.given")
	f.Add([]byte(procedure), "identifier.where(system='a' and value!='b').value | status")
	f.Add([]byte(device), "(a | b.c('x')).extension('u').decode('base64')")
	f.Add([]byte(`{"a":[{},[],"\u00e9",1e9,null]}`), "$origin")
	f.Fuzz(func(t *testing.T, raw []byte, path string) {
		root, err := Parse(raw)
		if err == nil && !json.Valid(raw) {
			t.Error("what is no JSON was taken for it")
		}
		p, bad := ParsePath(path)
		for _, how := range []struct {
			what Interaction
			kind string
		}{{Transaction, "Bundle"}, {Create, "Procedure"}, {Update, "Device"}} {
			m, err := Read(raw, how.what, how.kind, names)
			if err != nil {
				continue
			}
			m.Stored = func(string, string) []byte { return raw }
			_, _, _, _ = m.OrderingKey(), m.ControlID(""), m.Devices(), m.Kind()
			for _, e := range m.Entries {
				if !ValidID(e.ID) {
					t.Errorf("the id %q is none", e.ID)
				}
				if bad == nil {
					for _, v := range p.In(m, Value{Node: e.Resource}) {
						_, _ = v.Text()
					}
				}
			}
		}
		if err == nil && root.Kind() == Object {
			out, err := Served(raw, "x", "1", noon)
			if err != nil || !json.Valid(out) {
				t.Errorf("served as %s (%v)", out, err)
			}
		}
	})
}
