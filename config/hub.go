package config

import "path/filepath"

// Hub is stockwell.yaml: what concerns the whole installation. Every key may
// be left out.
type Hub struct {
	// Folder for everything that the hub keeps itself. It is relative to where the command is started; `--data` overrides it.
	Data string `yaml:"data" unit:"path" default:"./data" validate:"required"`
	// The PostgreSQL server that holds the ledger, the queue and the archive.
	Database Database `yaml:"database"`
	// The door for people and programs.
	HTTP HTTP `yaml:"http"`
	// What the hub writes to standard error. It never holds patient data.
	Log Log `yaml:"log"`
	// When the hub tells that something is wrong.
	Alerts Alerts `yaml:"alerts"`
	// Traces of single messages, for OpenTelemetry.
	Tracing Tracing `yaml:"tracing"`
	// Notes of what the outside world was told, kept outside the database for the day when a backup is restored.
	Witness Witness `yaml:"witness"`
	// How long messages are kept as they came.
	Archive Archive `yaml:"archive"`
	// What a catalogue file may do by itself.
	Catalogue Catalogue `yaml:"catalogue"`
	// How many batches of messages are posted to the ledger at the same time.
	Workers int `yaml:"workers" unit:"workers" default:"2" validate:"min=1,max=64"`
	// ODS codes of the trusts to serve.
	Trusts []string `yaml:"trusts" unit:"ODS codes" special:"empty: every folder under trusts/ beside this file" example:"[ZZ1]" validate:"dive,ods"`

	// Dir is the folder of stockwell.yaml. It is no key.
	Dir string `yaml:"-"`
}

// Path gives name, a path as stockwell.yaml has it, from the file's folder.
func (h *Hub) Path(name string) string { return from(h.Dir, name) }

// Database says where PostgreSQL is.
type Database struct {
	// Connection string of the role that serves: neither the owner of the tables nor able to pass by row-level security.
	DSN Ref `yaml:"dsn" unit:"reference" special:"empty: an embedded PostgreSQL under the data folder" example:"env:STOCKWELL_DSN"`
	// Connection string of the role that owns the tables. Only migrations use it.
	OwnerDSN Ref `yaml:"owner_dsn" unit:"reference" special:"empty: the embedded server's own; needed for migrations when dsn is set" example:"file:secrets/owner.dsn"`
	// Folder of the PostgreSQL programs for the embedded server.
	Binaries string `yaml:"binaries" unit:"path" special:"empty: searched for in the usual folders and PATH" example:"/usr/lib/postgresql/15/bin"`
}

// Witness notes acknowledged messages and sent orders outside the database.
type Witness struct {
	// Folder of the notes. On another disk than the database they outlive it.
	Folder string `yaml:"folder" unit:"path" special:"empty: witness under the data folder" example:"/srv/stockwell-witness"`
	// How long acknowledged messages are noted; sent orders are for 400 days at least.
	Days int `yaml:"days" unit:"days" default:"35" validate:"min=1,max=4000"`
}

// Archive says how long messages are kept as they came. What each caused is
// kept for ever.
type Archive struct {
	// Days after which a message's raw bytes are pruned, of all trusts alike: the archive is dropped a day at a time, and a day holds every trust's.
	KeepDays int `yaml:"keep_days" unit:"days" default:"0" special:"0: for ever" validate:"min=0,max=36500"`
}

// Catalogue says how catalogue files are taken in.
type Catalogue struct {
	// A file that changes or removes more than this share of the products or items that were there waits for a person, who lets it in with `stockwell catalogue load FILE --accept NAME`.
	MostChange int `yaml:"most_change" unit:"in a hundred" default:"10" special:"100: no file waits" validate:"min=0,max=100"`
}

// HTTP is the door for people and programs.
type HTTP struct {
	// Address of the status page, the API, /metrics, /healthz and /readyz.
	Listen string `yaml:"listen" unit:"host:port" default:"127.0.0.1:8080" special:"port 0: any free port" validate:"address"`
}

// Log says how much is logged, and how it is written.
type Log struct {
	// The least severity that is written.
	Level string `yaml:"level" default:"info" validate:"oneof=debug info warn error"`
	// How a line is written.
	Format string `yaml:"format" default:"text" validate:"oneof=text json"`
}

// from resolves a path that a file in folder dir names.
func from(dir, name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(dir, name)
}
