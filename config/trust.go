package config

// Trust is trusts/<ODS>/trust.yaml: all that the hub knows of one trust
// before its first message.
type Trust struct {
	// The trust's ODS code; also the name of its folder.
	ODS string `yaml:"ods" unit:"ODS code" example:"ZZ1" validate:"required,ods"`
	// The trust's name as people read it.
	Name string `yaml:"name" example:"Northmoor University Hospitals" validate:"required,max=200,text"`
	// Whether stock and patients are real. Only in `test` do test messages and test patients move stock.
	Environment string `yaml:"environment" default:"production" validate:"oneof=production test"`
	// Zone of local times in messages, files and cut-offs.
	TimeZone string `yaml:"time_zone" unit:"IANA time zone" default:"Europe/London" validate:"zone"`
	// Local identifiers of the trust's test patients.
	TestPatients []string `yaml:"test_patients" unit:"identifiers" special:"empty: only the 999 range of NHS Numbers, which always counts" example:"[TEST001]" validate:"dive,required,max=64"`
	// The trust's own secrets, by reference.
	Secrets Secrets `yaml:"secrets"`
	// Where the trust keeps stock.
	Places []Place `yaml:"places" validate:"dive"`
	// Whose word counts for use, place by place. Without it a connector that stands earlier in the list of connectors decides before a later one.
	Authority []Authority `yaml:"authority" optional:"true" validate:"dive"`
	// How messages and files get in and out.
	Connectors []Connector `yaml:"connectors" validate:"dive"`
	// Whom the trust orders from.
	Suppliers []Supplier `yaml:"suppliers" validate:"dive"`
	// How orders are made and sent. Without it the hub orders nothing for the trust.
	Purchasing Purchasing `yaml:"purchasing" optional:"true" validate:"omitempty"`
	// What a device registry is told of the trust's uses. Without it the hub reports to none.
	Registry Registry `yaml:"registry" optional:"true" validate:"omitempty"`
	// File of reorder points, relative to the trust's folder.
	Policies string `yaml:"policies" unit:"path" special:"empty: nothing is reordered" example:"policies.csv"`

	// Dir is the trust's folder. It is no key.
	Dir string `yaml:"-"`
}

// Path gives name, a path as trust.yaml has it, from the trust's folder.
func (t *Trust) Path(name string) string { return from(t.Dir, name) }

// Secrets are a trust's own secrets.
type Secrets struct {
	// Key of the identity vault: 32 bytes as 64 hexadecimal digits. Losing it makes stored identities unreadable.
	VaultKey Ref `yaml:"vault_key" unit:"reference" special:"empty: generated once under the data folder" example:"file:secrets/vault.key"`
	// Key of the archive: 32 bytes as 64 hexadecimal digits. It wraps the keys that seal messages as they came, day by day. Losing it makes them unreadable.
	ArchiveKey Ref `yaml:"archive_key" unit:"reference" special:"empty: generated once under the data folder" example:"file:secrets/archive-2027.key"`
	// Former keys of the archive, which days' keys are still wrapped with. `stockwell archive rekey` makes them superfluous.
	ArchiveKeysFormer []Ref `yaml:"archive_keys_former" unit:"references" example:"[file:secrets/archive-2026.key]" validate:"dive,required"`
}

// Place is somewhere that stock is kept.
type Place struct {
	// The place's code, as stock and orders show it.
	Code string `yaml:"code" example:"TH1" validate:"required,max=20,text"`
	// The place's name as people read it.
	Name string `yaml:"name" example:"Theatre 1 store" validate:"required,max=200,text"`
	// ODS code of the site that the place is on.
	Site string `yaml:"site" unit:"ODS site code" special:"empty: not told" example:"ZZ101" validate:"omitempty,site"`
	// Other codes by which senders name the place.
	Aliases []string `yaml:"aliases" unit:"codes" example:"[OR1, \"THEATRE 1\"]" validate:"dive,required,max=64,text"`
}

// Authority says whose word counts for use at some places. Of each thing used
// in a case the first source that tells of it decides; later ones corroborate
// or open a difference, and sources that are not listed never add a use.
type Authority struct {
	// Codes of the places.
	Places []string `yaml:"places" unit:"codes" special:"empty: all places that no other entry names" example:"[TH1, TH2]" validate:"dive,required,max=20,text"`
	// Sources, those that decide first: the name of a connector, or of one of its voices as the mapping names it.
	Sources []string `yaml:"sources" unit:"connectors, or connector.voice" example:"[theatre.implants, theatre]" validate:"required,min=1,dive,required,max=81,text"`
}

// Supplier is somebody whom the trust orders from.
type Supplier struct {
	// The supplier's code, as the catalogue and the order file have it.
	Code string `yaml:"code" example:"ORTHO" validate:"required,max=20,text"`
	// The supplier's name as people read it.
	Name string `yaml:"name" example:"Ortho Devices Ltd" validate:"required,max=200,text"`
	// When an order leaves: a wall-clock time in the trust's zone, as `16:15`.
	Release string `yaml:"release" unit:"HH:MM" default:"immediate" special:"immediate: as soon as it is ready" validate:"release"`
}

// Purchasing says how orders are made and sent.
type Purchasing struct {
	// Name of the connector, of type `sftp`, that orders leave by.
	Connector string `yaml:"connector" example:"erp" validate:"required"`
	// Mapping profile whose order.yaml lays out the order file.
	OrderFile string `yaml:"order_file" unit:"profile/version" example:"generic-erp/v1" validate:"required,profile"`
	// How orders are numbered.
	Number Number `yaml:"number"`
	// An order above this value waits for a person.
	AutomaticLimit Money `yaml:"automatic_limit" unit:"pounds, in quotes" default:"0.00" special:"0.00: every order waits for a person"`
	// Total value of automatic orders in one day; the order that would pass it waits for a person.
	DailyCap Money `yaml:"daily_cap" unit:"pounds, in quotes" default:"0.00" special:"0.00: every order waits for a person"`
}

// Number says how order numbers look: the prefix, then a count with leading
// zeros, as PO-000017.
type Number struct {
	// What each order number begins with.
	Prefix string `yaml:"prefix" default:"PO-" special:"empty: no prefix" validate:"max=12,fileword"`
	// How many digits the count has at least.
	Digits int `yaml:"digits" unit:"digits" default:"6" validate:"min=1,max=12"`
}
