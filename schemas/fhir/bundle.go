package fhir

import (
	"slices"
	"strings"

	"github.com/stockwell-hub/stockwell/internal/fault"
)

var (
	// Principals are the types that may be sent alone.
	Principals = []string{"Device", "Procedure"}
	// Companions are those that may come with them in a Bundle.
	Companions = []string{"Encounter", "Location", "Organization", "Patient", "Practitioner", "PractitionerRole"}
)

// maxEntries bounds a Bundle; an operating list of a day has some hundreds.
const maxEntries = 1000

// bundle reads the entries of a transaction.
func (m *Message) bundle() error {
	switch kind := m.Root.Get("type").Text(); kind {
	case "transaction":
	case "":
		return required(m.Root, "type")
	default:
		return fault.New(fault.Invalid, "unsupported_bundle", "The Bundle is no transaction. Send its resources in a Bundle of type transaction, in which all of them are taken or none.").At("Bundle.type")
	}
	all := m.Root.Get("entry")
	if all.Kind() != Array || len(all.items) == 0 {
		return fault.New(fault.Invalid, "element_absent", "The Bundle has no entries, so there is nothing to take. Each resource is an element of the array entry.").At("Bundle.entry")
	}
	if len(all.items) > maxEntries {
		return fault.New(fault.Invalid, "bundle_too_long", "The Bundle has more than %d entries. Send less in one request.", maxEntries).At("Bundle.entry")
	}
	taken := map[string]bool{}
	for i, n := range all.items {
		e, err := m.entry(n, i)
		if err != nil {
			return err
		}
		if e.Type == "Procedure" && e.Method == "POST" && taken[e.Type+"/"+e.ID] {
			return fault.New(fault.Invalid, "procedure_twice", "Two Procedures of the Bundle have the same first identifier, and the later would replace the earlier. Give each an identifier of its own; the case that they share goes into partOf.").At(n.Path() + ".resource.identifier")
		}
		if e.Method == "POST" && taken[e.Type+"/"+e.ID] {
			// Two things under one identifier, as a catalogue number: they are two.
			e.ID = m.nameless(e.Type, i)
		}
		if taken[e.Type+"/"+e.ID] {
			return fault.New(fault.Invalid, "resource_twice", "The Bundle has this resource twice. Send each once.").At(n.Path())
		}
		taken[e.Type+"/"+e.ID] = true
		m.Entries = append(m.Entries, e)
	}
	return nil
}

func (m *Message) entry(n *Node, nth int) (Entry, error) {
	e := Entry{Resource: n.Get("resource"), FullURL: n.Get("fullUrl").Text()}
	request := n.Get("request")
	e.Method = request.Get("method").Text()
	address := strings.TrimPrefix(request.Get("url").Text(), "/")
	switch {
	case request.Kind() != Object:
		return e, required(n, "request")
	case e.Method == "":
		return e, required(request, "method")
	case address == "":
		return e, required(request, "url")
	case e.Method != "POST" && e.Method != "PUT":
		return e, fault.New(fault.Invalid, "unsupported_method", "Entries of a transaction create (POST) or update (PUT) a resource here; nothing else is done. To take a Procedure back, send it with the status entered-in-error.").At(request.Path() + ".method")
	case e.Resource.Kind() != Object:
		return e, required(n, "resource")
	}
	e.Type, _, _ = strings.Cut(address, "?")
	e.Type, e.ID, _ = strings.Cut(e.Type, "/")
	if !validType(e.Type) {
		return e, wrongURL(request)
	}
	if e.Resource.Type() != e.Type {
		return e, fault.New(fault.Invalid, "resource_type_differs", "The resource is not of the type that request.url names.").At(n.Path() + ".resource")
	}
	if !slices.Contains(Principals, e.Type) && !slices.Contains(Companions, e.Type) {
		return e, fault.New(fault.Invalid, "unsupported_resource", "Resources of this type are not taken. A Bundle may have %s; leave the others out.",
			strings.Join(append(slices.Clone(Principals), Companions...), ", ")).At(n.Path() + ".resource")
	}
	if err := m.named(&e, request, address, nth); err != nil {
		return e, err
	}
	return e, check(e.Resource)
}

// named settles an entry's id.
func (m *Message) named(e *Entry, request *Node, address string, nth int) error {
	_, criteria, conditional := strings.Cut(address, "?")
	if e.Method == "POST" {
		none := request.Get("ifNoneExist").Text()
		criteria, about := conditionOf(none, e.Type)
		system, value, ok := byIdentifier(criteria)
		switch {
		case conditional || e.ID != "":
			return wrongURL(request)
		case none == "":
			e.ID = m.idFor(e.Resource, nth)
		case !about || !ok:
			return fault.New(fault.Invalid, "unsupported_condition", "A resource is known by an identifier here: write ifNoneExist as identifier=system|value.").At(request.Path() + ".ifNoneExist")
		default:
			e.ID, e.IfNoneExist = m.name(e.Type, system, value), true
		}
		return nil
	}
	e.IfMatch = request.Get("ifMatch").Text()
	if conditional {
		system, value, ok := byIdentifier(criteria)
		if !ok || e.ID != "" {
			return wrongURL(request)
		}
		e.ID, e.Conditional = m.name(e.Type, system, value), true
		return nil
	}
	if !validID(e.ID) {
		return wrongURL(request)
	}
	if own := e.Resource.Get("id").Text(); own != e.ID {
		return fault.New(fault.Invalid, "id_differs", "An update needs the resource's id in the resource too, and both must be the same.").At(e.Resource.Path() + ".id")
	}
	return nil
}

func wrongURL(request *Node) error {
	return fault.New(fault.Invalid, "url_invalid", "The url is relative to the door's address. A POST names a type, as Device; a PUT a resource, as Device/4711 or Device?identifier=https://example.org/Id/device|4711.").At(request.Path() + ".url")
}

// statuses are those of a Procedure in R4 (EventStatus).
var statuses = []string{"preparation", "in-progress", "not-done", "on-hold", "stopped", "completed", "entered-in-error", "unknown"}

// check refuses a resource that lacks what R4 requires and use depends on.
func check(n *Node) error {
	if n.Type() != "Procedure" {
		return nil
	}
	switch status := n.Get("status"); {
	case status.Text() == "":
		return required(n, "status")
	case !slices.Contains(statuses, status.Text()):
		return fault.New(fault.Invalid, "code_invalid", "The status is not one of R4: %s.", strings.Join(statuses, ", ")).At(n.Path() + ".status")
	}
	if n.Get("subject").Kind() != Object {
		return required(n, "subject")
	}
	for _, d := range n.Get("focalDevice").Items() {
		if d.Get("manipulated").Kind() != Object {
			return required(d, "manipulated")
		}
	}
	return nil
}

func required(n *Node, name string) error {
	if n.Get(name).Kind() != Null {
		return fault.New(fault.Invalid, "element_absent", "R4 requires %s here, and writes it in another form: look up whether it is a text, an object or an array.", name).At(n.Path() + "." + name)
	}
	return fault.New(fault.Invalid, "element_absent", "R4 requires %s here. Add it.", name).At(n.Path() + "." + name)
}
