package fhir

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"

	"github.com/stockwell-hub/stockwell/internal/fault"
)

// Interaction is what a request asks for.
type Interaction string

// The interactions that bring resources.
const (
	Transaction Interaction = "transaction"
	Create      Interaction = "create"
	Update      Interaction = "update"
)

// Message is one request's body: a Bundle, or a resource.
type Message struct {
	// Root is the whole document.
	Root *Node
	// Interaction and Type say what it is: a transaction of a Bundle, or the
	// create or update of a type.
	Interaction Interaction
	Type        string
	// Entries are the resources that the message brings, in their order.
	Entries []Entry
	// Stored gives a resource that was stored before, by type and id, as it
	// came; nil if there is none. A nil Stored finds nothing.
	Stored func(kind, id string) []byte

	raw   []byte
	name  Namer
	known map[string]*Node // entries by the references that name them
	own   map[string]*Node // entries by their type and the id that the client gave them
	bases map[*Node]string // of entries, what their fullUrl has before type and id
	found map[string]*Node // what was looked for elsewhere, by reference
	ids   map[*Node]string
	sum   *[32]byte // Digest(""), once it was asked for
	work  int
}

// Entry is one resource that a message brings.
type Entry struct {
	// Resource is where it stands in the document.
	Resource *Node
	// FullURL is the name by which others of the Bundle refer to it.
	FullURL string
	// Method is POST or PUT.
	Method string
	// Type and ID name the resource at this hub. The ID of a POST is made of
	// the resource's first identifier, so that the same thing keeps its name;
	// without an identifier, of the message.
	Type, ID string
	// Conditional is set for a PUT that names the resource by an identifier.
	Conditional bool
	// IfMatch is the version that an update replaces; empty is any.
	IfMatch string
	// IfNoneExist is set where nothing is to be created if the resource is
	// there already.
	IfNoneExist bool
}

// Kind is how the message is called among others: Bundle^transaction,
// Procedure^create, Procedure^update.
func (m *Message) Kind() string { return m.Type + "^" + string(m.Interaction) }

// Open reads a message that was stored under this Kind.
func Open(raw []byte, kind string, name Namer) (*Message, error) {
	what, how, _ := strings.Cut(kind, "^")
	return Read(raw, Interaction(how), what, name)
}

// Read reads the body of a request: Interaction says which, kind is the type
// of its resource, or Bundle. It fails with fault.Invalid where the body is no
// JSON or not what R4 asks for; the path is the element, or line and column.
// What the hub does not do it refuses with codes that begin with unsupported.
func Read(raw []byte, how Interaction, kind string, name Namer) (*Message, error) {
	root, err := Parse(raw)
	if err != nil {
		return nil, err
	}
	m := &Message{Root: root, Interaction: how, Type: kind, raw: raw, name: name, known: map[string]*Node{}, own: map[string]*Node{}, bases: map[*Node]string{}, found: map[string]*Node{}, ids: map[*Node]string{}}
	if err := typed(root, kind); err != nil {
		return nil, err
	}
	if how == Transaction {
		err = m.bundle()
	} else {
		err = m.single()
	}
	if err != nil {
		return nil, err
	}
	for i := range m.Entries {
		m.index(&m.Entries[i])
	}
	return m, nil
}

// typed refuses a document that is not a resource of this type.
func typed(n *Node, kind string) error {
	switch got := n.Type(); {
	case n.Kind() != Object:
		return fault.New(fault.Invalid, "resource_expected", "The body is not a resource. A resource is a JSON object with a resourceType.")
	case got == "":
		return fault.New(fault.Invalid, "resource_type_absent", "The body has no resourceType. Add it.")
	case got != kind:
		return fault.New(fault.Invalid, "resource_type_differs", "The body's resourceType is not %s, as the address says. Send it to the address of its type.", kind).At("resourceType")
	}
	return nil
}

// single reads a message of one resource.
func (m *Message) single() error {
	e := Entry{Resource: m.Root, Type: m.Type, Method: "POST"}
	if m.Interaction == Update {
		e.Method, e.ID = "PUT", m.Root.Get("id").Text()
		if !validID(e.ID) {
			return fault.New(fault.Invalid, "id_invalid", "An update needs the resource's id, of at most 64 letters, digits, hyphens and dots, in the body too.").At(m.Type + ".id")
		}
	} else {
		e.ID = m.idFor(m.Root, 0)
	}
	m.Entries = []Entry{e}
	return check(m.Root)
}

// index makes an entry known under the names by which others may refer to it.
func (m *Message) index(e *Entry) {
	m.ids[e.Resource] = e.ID
	for _, ref := range []string{e.FullURL, e.Type + "/" + e.ID} {
		if _, taken := m.known[ref]; !taken && ref != "" {
			m.known[ref] = e.Resource
		}
	}
	id := e.Resource.Get("id").Text()
	if id == "" {
		return
	}
	own := e.Type + "/" + id
	if _, taken := m.own[own]; !taken {
		m.own[own] = e.Resource
	}
	if base, ok := strings.CutSuffix(e.FullURL, "/"+own); ok {
		m.bases[e.Resource] = base
	}
}

// idOf gives the id that the hub gave to a resource; empty for what is none of
// the message's, or for one that has its own.
func (m *Message) idOf(n *Node) string {
	if n == nil || m == nil {
		return ""
	}
	return m.ids[n]
}

// idFor makes the id of a resource that is to be created.
func (m *Message) idFor(n *Node, nth int) string {
	if system, value := identity(n); value != "" {
		return m.name(n.Type(), system, value)
	}
	return m.nameless(n.Type(), nth)
}

// nameless makes the id of the nth resource by the message itself.
func (m *Message) nameless(kind string, nth int) string {
	sum := m.Digest("")
	return m.name(kind, string(sum[:]), strconv.Itoa(nth))
}

// identity gives a resource's first identifier that has a value.
func identity(n *Node) (system, value string) {
	for _, in := range n.Get("identifier").Items() {
		if value = in.Get("value").Text(); value != "" {
			return in.Get("system").Text(), value
		}
	}
	return "", ""
}

// Digest is over what makes two messages one: the interaction and the bytes,
// but for blanks at either end. more is what else tells them apart.
func (m *Message) Digest(more string) (sum [32]byte) {
	if more == "" && m.sum != nil {
		return *m.sum
	}
	h := sha256.New()
	h.Write([]byte(m.Kind() + "\x00" + more + "\x00"))
	h.Write(bytes.TrimSpace(m.raw))
	copy(sum[:], h.Sum(nil))
	if more == "" {
		m.sum = &sum
	}
	return sum
}

// ControlID is what people call the message by: the Bundle's own identifier,
// if it has one; else its type, of a single resource its address, with the
// first digits of the message's Digest, as Procedure/4711@1f3a5c7d, so that each
// content has one.
func (m *Message) ControlID(more string) string {
	name := m.Type
	if m.Interaction != Transaction {
		name += "/" + m.Entries[0].ID
	} else if own := m.Root.Get("identifier").Get("value").Text(); own != "" {
		return own
	}
	sum := m.Digest(more)
	return name + "@" + hex.EncodeToString(sum[:4])
}

// OrderingKey names what the message is about, so that messages about the same
// are handled in their order: the first patient's first identifier, or the
// reference to a patient; without a patient, the first resource. It may be
// personal data.
func (m *Message) OrderingKey() string {
	for _, e := range m.Entries {
		n := e.Resource
		if n.Type() != "Patient" {
			n = m.resolve(n.Get("subject"))
		}
		if _, value := identity(n); value != "" {
			return value
		}
		if ref := e.Resource.Get("subject").Get("reference").Text(); ref != "" {
			return ref
		}
		if value := e.Resource.Get("subject").Get("identifier").Get("value").Text(); value != "" {
			return value
		}
	}
	return m.Entries[0].Type + "/" + m.Entries[0].ID
}
