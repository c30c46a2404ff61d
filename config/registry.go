package config

import (
	"fmt"
	"slices"
)

// Registry says what a device registry is told, and how.
type Registry struct {
	// Name of the connector, of type `sftp`, that batches leave by and answers come by.
	Connector string `yaml:"connector" example:"mdor" validate:"required"`
	// Mapping profile that lays out the records.
	Profile string `yaml:"profile" unit:"profile/version" example:"mdor-provisional/v1" validate:"required,profile"`
	// ODS code under which the trust reports.
	Provider string `yaml:"provider" unit:"ODS code" special:"empty: the trust's own" example:"ZZ1" validate:"omitempty,ods"`
	// Which devices are reported: those that the catalogue flags as reportable (`flagged`), implantable ones of class IIb and III (`implant`), or both (`either`).
	Devices string `yaml:"devices" default:"flagged" validate:"oneof=flagged implant either"`
	// The earliest coding that a record may rest on: `planned` as booked, `theatre` as told with the use, or `final` as the coders settled it. A later coding amends the record.
	Coding string `yaml:"coding" default:"theatre" validate:"oneof=planned theatre final"`
	// The first day whose uses are reported.
	From string `yaml:"from" unit:"CCYY-MM-DD" special:"empty: all uses that the hub knows" example:"\"2026-04-01\"" validate:"omitempty,day"`
	// How long complete records are gathered before they leave in one batch. What is corrected meanwhile leaves corrected.
	Every Duration `yaml:"every" unit:"duration" default:"24h"`
	// How many records a batch holds at most.
	Most int `yaml:"most" unit:"records" default:"1000" validate:"min=1,max=10000"`
	// An answer that has not come after this raises the warning `registry_overdue`.
	AnswerWithin Duration `yaml:"answer_within" unit:"duration" default:"72h"`
	// What operations at a place are reported under.
	Specialties []Specialty `yaml:"specialties" optional:"true" validate:"dive"`
}

// Specialty is what operations at some places are reported under.
type Specialty struct {
	// Codes of the places.
	Places []string `yaml:"places" unit:"codes" example:"[TH1]" validate:"required,min=1,dive,required,max=20,text"`
	// Treatment function code.
	TreatmentFunction string `yaml:"treatment_function" unit:"three digits, in quotes" special:"empty: not told" example:"\"110\"" validate:"omitempty,len=3,numeric"`
	// Main specialty code.
	MainSpecialty string `yaml:"main_specialty" unit:"three digits, in quotes" special:"empty: not told" example:"\"110\"" validate:"omitempty,len=3,numeric"`
}

// Reports reports whether the trust tells a registry.
func (r Registry) Reports() bool { return r.Connector != "" }

func (d *document) checkRegistry(t *Trust) {
	at := join("registry", "connector")
	name := t.Registry.Connector
	if name != "" && !d.bad[at] && !d.bad["connectors"] {
		d.checkDesk(t, at, name)
	}
	if d.bad["places"] {
		return
	}
	codes := names(t.Places, func(p Place) string { return p.Code })
	for i, s := range t.Registry.Specialties {
		for j, code := range s.Places {
			path := fmt.Sprintf("registry.specialties[%d].places[%d]", i, j)
			if !slices.Contains(codes, code) && code != "" && !d.bad[path] {
				d.reportAt(path, "unknown_reference", "there is no place %q%s", printable(code), suggest(code, codes))
			}
		}
	}
}

// checkDesk refuses a connector by which no batch could leave.
func (d *document) checkDesk(t *Trust, at, name string) {
	for i, c := range t.Connectors {
		switch {
		case c.Name != name:
			continue
		case c.Type != "sftp":
			d.reportAt(at, "unknown_reference", "the connector %q is of type %s; batches leave by one of type sftp.", printable(name), printable(c.Type))
		case c.SFTP != nil && c.SFTP.Out == "" && !d.bad[fmt.Sprintf("connectors[%d].sftp.out", i)]:
			d.reportAt(at, "unknown_reference", "the connector %q has no `out` folder, so batches cannot leave by it. Add `out` to its sftp block.", printable(name))
		case name == t.Purchasing.Connector:
			d.reportAt(at, "contradiction", "orders leave by the connector %q as well. Give the registry one of its own: its records hold personal data.", printable(name))
		}
		return
	}
	d.reportAt(at, "unknown_reference", "there is no connector %q%s", printable(name), suggest(name, names(t.Connectors, func(c Connector) string { return c.Name })))
}
