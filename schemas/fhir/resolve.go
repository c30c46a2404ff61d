package fhir

import (
	"encoding/json"
	"slices"
	"strings"
)

// resolve gives the resource that a Reference, or a text that is one, names:
// contained, of the same message, or stored before. A reference by an
// identifier, as Patient?identifier=system|value, that finds none of these
// gives a resource with that identifier alone. Nil: nobody knows it.
func (m *Message) resolve(at *Node) *Node {
	ref := at.Text()
	if at.Kind() == Object {
		ref = at.Get("reference").Text()
	}
	if ref == "" || m == nil {
		return nil
	}
	if id, within := strings.CutPrefix(ref, "#"); within {
		return contained(at.resource(), id)
	}
	if n, ok := m.known[ref]; ok {
		return n
	}
	if n := m.beside(at, ref); n != nil {
		return n
	}
	n, looked := m.found[ref]
	if !looked {
		n = m.elsewhere(ref)
		m.found[ref] = n
	}
	return n
}

// elsewhere looks for what the message does not bring itself.
func (m *Message) elsewhere(ref string) *Node {
	ref, _, _ = strings.Cut(ref, "/_history/")
	if n, ok := m.known[ref]; ok {
		return n
	}
	if kind, id, ok := kept(ref); ok {
		return m.stored(kind, id)
	}
	return m.conditional(ref)
}

// kept reads a reference to what is stored here: Device/4711, or the address
// of a FHIR server with it, as https://hub.example/fhir/r4/Device/UUID. The
// door has one address for the hub and another behind a proxy, so what tells
// our resources from another server's is that the id is a UUID.
func kept(ref string) (kind, id string, ok bool) {
	kind, id, _ = strings.Cut(ref, "/")
	if validType(kind) {
		return kind, id, validID(id)
	}
	if !strings.HasPrefix(ref, "https://") && !strings.HasPrefix(ref, "http://") {
		return "", "", false
	}
	_, ref, _ = strings.Cut(ref, "/fhir/r4/")
	kind, id, _ = strings.Cut(ref, "/")
	return kind, id, validType(kind) && uuidForm.MatchString(id)
}

func contained(in *Node, id string) *Node {
	if id == "" {
		return in
	}
	for _, c := range in.Get("contained").Items() {
		if c.Get("id").Text() == id {
			return c
		}
	}
	return nil
}

// beside looks for a relative reference beside the resource in which it
// stands: with a fullUrl of http://ehr/fhir/Procedure/1, Device/2 is
// http://ehr/fhir/Device/2. A Bundle without such names means a resource's
// own id.
func (m *Message) beside(at *Node, ref string) *Node {
	if base, ok := m.bases[at.resource()]; ok {
		if n := m.known[base+"/"+ref]; n != nil {
			return n
		}
	}
	return m.own[ref]
}

func (m *Message) stored(kind, id string) *Node {
	if m.Stored == nil {
		return nil
	}
	raw := m.Stored(kind, id)
	if raw == nil {
		return nil
	}
	n, err := Parse(raw)
	if err != nil {
		return nil
	}
	m.ids[n] = id
	return n
}

func (m *Message) conditional(ref string) *Node {
	kind, criteria, _ := strings.Cut(ref, "?")
	system, value, ok := byIdentifier(criteria)
	if !ok || !validType(kind) {
		return nil
	}
	m.work += len(m.Entries)
	for i := range m.Entries {
		for _, in := range m.Entries[i].Resource.Get("identifier").Items() {
			if m.Entries[i].Type == kind && in.Get("system").Text() == system && in.Get("value").Text() == value {
				return m.Entries[i].Resource
			}
		}
	}
	if n := m.stored(kind, m.name(kind, system, value)); n != nil {
		return n
	}
	raw, err := json.Marshal(map[string]any{"resourceType": kind, "identifier": []map[string]string{{"system": system, "value": value}}})
	if err != nil {
		return nil
	}
	n, _ := Parse(raw)
	return n
}

// Devices names the Devices to which the message refers and which it does not
// bring itself, each once.
func (m *Message) Devices() (ids []string) {
	for i := range m.Entries {
		ids = m.devices(m.Entries[i].Resource, ids)
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

func (m *Message) devices(n *Node, ids []string) []string {
	for _, in := range n.items {
		ids = m.devices(in, ids)
	}
	if n.name != "reference" || n.kind != String || !strings.Contains(n.text, "Device") || m.known[n.text] != nil || m.beside(n, n.text) != nil {
		return ids
	}
	ref, _, _ := strings.Cut(n.text, "/_history/")
	if kind, id, ok := kept(ref); ok && kind == "Device" && m.known[ref] == nil {
		return append(ids, id)
	}
	if criteria, ok := strings.CutPrefix(ref, "Device?"); ok {
		if system, value, ok := byIdentifier(criteria); ok {
			return append(ids, m.name("Device", system, value))
		}
	}
	return ids
}
