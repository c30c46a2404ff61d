// Package mapping turns what a sender wrote into the hub's canonical events.
// What a field means is data: a published profile for a known system, a
// trust's overlay on it, and code tables. They are compiled once, when they
// are loaded, and every problem is then reported with file and line;
// translating is pure and safe for concurrent use. The language is described
// in docs/mapping.md for people who write no Go.
//
// Transport, storage, stock rules, and what a wire format looks like do not
// belong here.
package mapping

import (
	"embed"
	"time"

	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/schemas/canonical"
	"github.com/stockwell-hub/stockwell/schemas/fhir"
	"github.com/stockwell-hub/stockwell/schemas/flatfile"
	"github.com/stockwell-hub/stockwell/schemas/hl7v2"
)

// Profiles holds the published profiles, each at profiles/NAME/vN.
//
//go:embed profiles
var Profiles embed.FS

// Mapping is a profile with a trust's overlay, compiled. It never changes and
// is safe for concurrent use.
type Mapping struct {
	name        string
	format      string
	environment *value
	rules       map[string][]*messageRule // by message type, in order
	ignored     map[string]string         // message type to reason
	order       *flatfile.Layout          // of the orders written, if any
	sources     []string
}

// Input is one message with what is known of it beside its bytes.
type Input struct {
	// Raw is the message as it was received.
	Raw []byte
	// Type is the message type of a file, as "order_ack", or what a FHIR
	// message is called, as "Procedure^create". An HL7 message tells its own.
	Type string
	// Reading is how an HL7 message is read: its charset and strictness.
	Reading hl7v2.Options
	// FileName is a file's name, or what a FHIR message is called by; it serves
	// as its control ID.
	FileName string
	// ReceivedAt decides the century of two-digit years.
	ReceivedAt time.Time
	// Zone is that of times without an offset; nil is Europe/London.
	Zone *time.Location
	// Name gives FHIR resources their ids, as it did when they were received.
	Name fhir.Namer
	// Stored gives a FHIR resource that came before, by type and id, to
	// which this message refers; nil if there is none.
	Stored func(kind, id string) []byte
	// Brought reports whether a FHIR message brought a resource that was to be
	// created only if there was none; nil is yes.
	Brought func(kind, id string) bool
}

// Name identifies profile, overlay and content, as
// "generic-theatre/v1+ZZ1@1a2b3c4d".
func (m *Mapping) Name() string { return m.name }

// Sources are the voices with which a sender tells of use, by authority: of a
// thing that two of them tell of, the first one's word counts. Empty is one
// voice, the connector itself.
func (m *Mapping) Sources() []string { return m.sources }

// Format is "hl7v2", "csv" or "fhir".
func (m *Mapping) Format() string { return m.format }

// OrderLayout gives the layout of the order files that the profile's
// order.yaml declares; it fails if the profile has none.
func (m *Mapping) OrderLayout() (flatfile.Layout, error) {
	if m.order == nil {
		return flatfile.Layout{}, fault.New(fault.NotFound, "order_layout_missing",
			"The mapping %s has no order.yaml, so it cannot lay out an order file. Name a profile that has one.", m.name)
	}
	return *m.order, nil
}

// FileLayout gives the layout of the files of a type that the mapping reads;
// ok is false if it reads none.
func (m *Mapping) FileLayout(typ string) (l flatfile.Layout, ok bool) {
	for _, rule := range m.rules[typ] {
		if rule.layout != nil {
			return *rule.layout, true
		}
	}
	return l, false
}

// Translate reads one message. What is missing, unknown or doubtful becomes a
// finding; it fails only if the message as a whole cannot be read, with the
// code and path of what stands in the way.
func (m *Mapping) Translate(in Input) (canonical.Translation, error) {
	r := run{mapping: m, in: in}
	err := r.translate()
	return r.out, err
}

// Step is how one target field came by its value. Raw and Result may be
// personal data: they are for a person who may see the message.
type Step struct {
	// Origin is the part of the message, as "FT1[2]"; empty for all of it.
	Origin string `json:"origin,omitempty"`
	// Target is the field of the canonical event, as "lines.lot".
	Target string `json:"target"`
	// Path is the source that gave the value: a path, "const", "default", or
	// the expression. Empty if none did.
	Path string `json:"path,omitempty"`
	// Raw is what stood there.
	Raw string `json:"raw,omitempty"`
	// Table is the code table that was asked.
	Table string `json:"table,omitempty"`
	// Result is what the event holds.
	Result string `json:"result"`
}

// Explain translates in and tells how each field came by its value. It fails
// as Translate does, with the steps until then.
func (m *Mapping) Explain(in Input) ([]Step, error) {
	r := run{mapping: m, in: in, explain: true}
	err := r.translate()
	return r.steps, err
}
