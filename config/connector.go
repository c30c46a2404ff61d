package config

// Connector is one way in or out of the hub for one trust.
type Connector struct {
	// The connector's name, in small letters; messages, metrics and pages show it.
	Name string `yaml:"name" example:"theatre" validate:"required,max=40,name"`
	// The transport. The block of the same name holds its settings.
	Type string `yaml:"type" example:"mllp" validate:"required,oneof=mllp sftp fhir"`
	// Mapping profile that reads what comes in. Files of the types `catalogue` and `opening_stock` have columns of their own and need none.
	Mapping string `yaml:"mapping" unit:"profile/version" special:"empty: only for these types of files" example:"generic-theatre/v2" validate:"omitempty,profile"`
	// File that changes the profile for this trust, relative to the trust's folder.
	Overlay string `yaml:"overlay" unit:"path" special:"empty: the profile as it is" example:"mapping.yaml"`
	// A feed that sends nothing for longer than this raises the warning `feed_silent`, by day and by night.
	SilentAfter Duration `yaml:"silent_after" unit:"duration" special:"empty: learned from what it sent at the same hours of the last weeks" example:"4h"`
	// Codes of the places of whose use the feed tells. While it is silent or behind, or held by a person, what is ordered for them waits for a person.
	Places []string `yaml:"places" unit:"codes" special:"empty: learned from the uses that it told" example:"[TH1, TH2]" validate:"dive,required,max=20,text"`
	// A feed is behind, and raises the warning `feed_behind`, when a message comes that had been sent (MSH-7) more than this before, or waits for longer than this to be posted. Longer for a sender that sends once a day, or whose clock is wrong.
	BehindAfter Duration `yaml:"behind_after" unit:"duration" default:"15m"`
	// The day on which the stock of the feed's places was first counted. Uses that occurred before it are in the stock ledger and the patient's record, but had left the shelves already: they change no stock balance and bring no order about. For loading history, and for running beside another system until the day. Keep it for good.
	HistoricalBefore string `yaml:"historical_before" unit:"CCYY-MM-DD" special:"empty: every use takes from its shelf" example:"\"2026-04-01\"" validate:"omitempty,day"`
	// Settings of an `mllp` connector: it listens for HL7 v2 messages.
	MLLP *MLLP `yaml:"mllp" validate:"omitempty"`
	// Settings of an `sftp` connector: it delivers files and takes files from the same server.
	SFTP *SFTP `yaml:"sftp" validate:"omitempty"`
	// Settings of a `fhir` connector: it listens for FHIR R4 requests.
	FHIR *FHIR `yaml:"fhir" validate:"omitempty"`
}

// MLLP listens for HL7 v2 messages in MLLP frames.
type MLLP struct {
	// Address to listen at.
	Listen string `yaml:"listen" unit:"host:port" special:"port 0: any free port" example:"127.0.0.1:2575" validate:"required,address"`
	// Networks and single addresses that may connect.
	Allow []string `yaml:"allow" unit:"addresses and networks" special:"empty: anyone who can reach the port" example:"[10.20.0.0/16, 192.0.2.7]" validate:"dive,required,network"`
	// Certificates: with this block senders speak TLS 1.2 or newer, without it plain text.
	TLS *MLLPTLS `yaml:"tls" validate:"omitempty"`
	// A longer message is refused; its connection stays open.
	MaxMessage Size `yaml:"max_message" unit:"size, as 512KiB" default:"1MiB" validate:"min=1024,max=268435456"`
	// A connection that stays silent for this long is closed.
	IdleTimeout Duration `yaml:"idle_timeout" unit:"duration" default:"10m"`
	// How long a message that has begun may take to arrive, and a TLS handshake to finish.
	ReadTimeout Duration `yaml:"read_timeout" unit:"duration" default:"30s"`
	// How long an acknowledgement may take to leave.
	WriteTimeout Duration `yaml:"write_timeout" unit:"duration" default:"30s"`
	// After this much silence TCP asks whether the sender is still there; if nothing answers for as long again, the connection is closed.
	KeepAlive Duration `yaml:"keep_alive" unit:"duration" default:"30s"`
	// Connections open at the same time; one more is closed at once.
	MaxConnections int `yaml:"max_connections" unit:"connections" default:"1024" validate:"min=1,max=65535"`
	// Connections of one address open at the same time; one more is closed at once.
	MaxConnectionsPerPeer int `yaml:"max_connections_per_peer" unit:"connections" default:"256" validate:"min=1,max=65535"`
	// When a message is acknowledged: once it is `stored`, or once it was `applied` to the stock ledger or stopped. The commit answers of the enhanced mode always come once it is stored.
	Ack string `yaml:"ack" default:"stored" validate:"oneof=stored applied"`
	// With `ack: applied`, how long the answer waits. Then a message that is not applied yet is answered AA if `content_errors` is accept, for it is stored; else AE, so that the sender repeats it and hears what became of it.
	AckTimeout Duration `yaml:"ack_timeout" unit:"duration" default:"20s"`
	// With `ack: applied`, the answer to a message that was stored and whose content then stopped it: accept is AA, and it is mended here; error is AE, which makes many engines repeat it for ever; reject is AR.
	ContentErrors string `yaml:"content_errors" default:"accept" validate:"oneof=accept error reject"`
	// Character set to read messages in, in place of what MSH-18 says.
	Charset string `yaml:"charset" unit:"MSH-18 name" special:"empty: as MSH-18 says" example:"8859/1" validate:"max=40,text"`
	// What becomes of a message that departs from the HL7 standard, once it is stored and its sender has its answer: `tolerant` reads it and notes what that took; `report` also holds it against the standard (structure, required fields, version) and notes what is wrong; `warnings` stops it where a finding is a warning; `strict` stops it for any finding, as line feeds for carriage returns. A stopped message is replayed once this is more tolerant.
	Strictness string `yaml:"strictness" default:"tolerant" example:"warnings" validate:"oneof=tolerant report warnings strict"`
}

// MLLPTLS secures an `mllp` connector. Changed files are taken up with the
// next connection; what cannot be used leaves the former in force and is told
// in the log.
type MLLPTLS struct {
	// File of the connector's certificate, in PEM, with those between it and its authority; relative to the trust's folder.
	Certificate string `yaml:"certificate" unit:"path" example:"secrets/theatre.crt" validate:"required"`
	// The certificate's private key, in PEM.
	PrivateKey Ref `yaml:"private_key" unit:"reference" example:"file:secrets/theatre.key" validate:"required"`
	// File of the authorities, in PEM, that sign senders' certificates; relative to the trust's folder.
	ClientCA string `yaml:"client_ca" unit:"path" special:"empty: senders need no certificate" example:"secrets/senders-ca.crt"`
	// Names that a sender's certificate may have, as a subject alternative name or the common name. Needed with `client_ca`: a certificate of the same authority in another name is refused.
	ClientNames []string `yaml:"client_names" unit:"names" example:"[theatre.northmoor.example]" validate:"dive,required,max=255,text"`
}

// SFTP delivers files to a server and takes files from it.
type SFTP struct {
	// Address of the server.
	Address string `yaml:"address" unit:"host:port" example:"127.0.0.1:2222" validate:"required,address"`
	// Name to sign in with.
	User string `yaml:"user" example:"stockwell" validate:"required,max=64,text"`
	// Password to sign in with. Give this or private_key.
	Password Ref `yaml:"password" unit:"reference" special:"empty: private_key is used" example:"file:secrets/erp.password"`
	// Private key, in OpenSSH's or PEM form, to sign in with. Give this or password.
	PrivateKey Ref `yaml:"private_key" unit:"reference" special:"empty: password is used" example:"file:secrets/erp.key"`
	// File of the host keys that the server may have, in OpenSSH's known_hosts form, relative to the trust's folder.
	KnownHosts string `yaml:"known_hosts" unit:"path" example:"secrets/known_hosts" validate:"required"`
	// Folder on the server to deliver into.
	Out string `yaml:"out" unit:"folder on the server" special:"empty: nothing is delivered" example:"/orders" validate:"omitempty,text"`
	// Folder on the server that the receiver moves delivered files to once it has taken them. After a restore `stockwell fence check` looks for orders there, too.
	Archive string `yaml:"archive" unit:"folder on the server" special:"empty: there is none to look into" example:"/orders/taken" validate:"omitempty,text"`
	// Folder on the server to take files from.
	In string `yaml:"in" unit:"folder on the server" special:"empty: nothing is taken" example:"/answers" validate:"omitempty,text"`
	// Which files to take; letters of either case fit.
	Pattern string `yaml:"pattern" unit:"name with * and ?" default:"*.csv" validate:"required,pattern"`
	// Folder on the server that a file goes to once it had its effect.
	Processed string `yaml:"processed" unit:"folder on the server" special:"needed when in is set" example:"/answers/processed" validate:"omitempty,text"`
	// Folder on the server that a file goes to if nothing in it had an effect, with the reason beside it; and where rows are told that had none while the others had.
	Rejected string `yaml:"rejected" unit:"folder on the server" special:"needed when in is set" example:"/answers/rejected" validate:"omitempty,text"`
	// What the files are: a message type that the mapping reads, as `order_ack` and `goods_received`; or `catalogue` or `opening_stock`.
	Type string `yaml:"type" default:"order_ack" validate:"required,max=40,name"`
	// With `type: catalogue`, the catalogue profile by which the files are read: one that `stockwell catalogue profiles` lists, or a YAML file relative to the trust's folder. A file of any size is taken.
	Profile string `yaml:"profile" unit:"profile/version, or path" special:"empty: the trust's own items, in the hub's own columns" example:"nhs-supply-chain-full/v1" validate:"omitempty,max=200,text"`
	// How often to look for files.
	Poll Duration `yaml:"poll" unit:"duration" default:"2s"`
	// When a file is whole, so that half of one is never taken: `stable`, when its size has not changed for a while; `marker`, when a second file says so, which its sender writes after it; `trailer`, when its last row counts the others, as the layout has it.
	Whole string `yaml:"whole" default:"stable" validate:"oneof=stable marker trailer"`
	// How long a file's size must not have changed. With `whole: marker` nothing waits for it.
	Stable Duration `yaml:"stable" unit:"duration" default:"1s"`
	// With `whole: marker`, the ending of the second file's name: `receipts.csv.done` says that `receipts.csv` is whole. It is removed with the file.
	Marker string `yaml:"marker" unit:"ending of a name" default:".done" validate:"required,max=20,ending"`
	// A file that is not whole, and did not change for this long, goes to `rejected`; nothing of it is taken.
	IncompleteAfter Duration `yaml:"incomplete_after" unit:"duration" default:"1h"`
	// How long, at each look, files wait to have had their effect before they go to `processed`. What is not known by then is stored, has its effect later, and if that stops is for a person here.
	EffectTimeout Duration `yaml:"effect_timeout" unit:"duration" default:"20s"`
	// How long one exchange with the server may take.
	Timeout Duration `yaml:"timeout" unit:"duration" default:"20s"`
}

// The types of files that are taken without a mapping.
const (
	TypeCatalogue = "catalogue"
	TypeOpening   = "opening_stock"
)

// Imported reports whether files of a type have columns of their own, and need
// no mapping.
func Imported(fileType string) bool { return fileType == TypeCatalogue || fileType == TypeOpening }
