package config

// Connector is one way in or out of the hub for one trust.
type Connector struct {
	// The connector's name, in small letters; messages, metrics and pages show it.
	Name string `yaml:"name" example:"theatre" validate:"required,max=40,name"`
	// The transport. The block of the same name holds its settings.
	Type string `yaml:"type" example:"mllp" validate:"required,oneof=mllp sftp"`
	// Mapping profile that reads what comes in.
	Mapping string `yaml:"mapping" unit:"profile/version" example:"generic-theatre/v1" validate:"required,profile"`
	// File that changes the profile for this trust, relative to the trust's folder.
	Overlay string `yaml:"overlay" unit:"path" special:"empty: the profile as it is" example:"mapping.yaml"`
	// Settings of an `mllp` connector: it listens for HL7 v2 messages.
	MLLP *MLLP `yaml:"mllp" validate:"omitempty"`
	// Settings of an `sftp` connector: it delivers files and takes files from the same server.
	SFTP *SFTP `yaml:"sftp" validate:"omitempty"`
}

// MLLP listens for HL7 v2 messages in MLLP frames.
type MLLP struct {
	// Address to listen at.
	Listen string `yaml:"listen" unit:"host:port" special:"port 0: any free port" example:"127.0.0.1:2575" validate:"required,address"`
	// A longer message is refused and its connection closed.
	MaxMessage Size `yaml:"max_message" unit:"size, as 512KiB" default:"1MiB" validate:"min=1024,max=268435456"`
	// A connection that stays silent for this long is closed.
	IdleTimeout Duration `yaml:"idle_timeout" unit:"duration" default:"10m"`
	// How long a message that has begun may take to arrive.
	ReadTimeout Duration `yaml:"read_timeout" unit:"duration" default:"30s"`
	// How long an acknowledgement may take to leave.
	WriteTimeout Duration `yaml:"write_timeout" unit:"duration" default:"30s"`
	// Connections open at the same time; one more is closed at once.
	MaxConnections int `yaml:"max_connections" unit:"connections" default:"256" validate:"min=1,max=65535"`
	// Character set to read messages in, in place of what MSH-18 says.
	Charset string `yaml:"charset" unit:"MSH-18 name" special:"empty: as MSH-18 says" example:"8859/1" validate:"max=40,text"`
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
	// Folder on the server to take files from.
	In string `yaml:"in" unit:"folder on the server" special:"empty: nothing is taken" example:"/answers" validate:"omitempty,text"`
	// Which files to take.
	Pattern string `yaml:"pattern" unit:"name with * and ?" default:"*.csv" validate:"required,pattern"`
	// Folder on the server that a file goes to once it is stored.
	Processed string `yaml:"processed" unit:"folder on the server" special:"needed when in is set" example:"/answers/processed" validate:"omitempty,text"`
	// Folder on the server that a file goes to if it cannot be stored.
	Rejected string `yaml:"rejected" unit:"folder on the server" special:"needed when in is set" example:"/answers/rejected" validate:"omitempty,text"`
	// Message type of the files taken.
	Type string `yaml:"type" default:"order_ack" validate:"required,max=40,name"`
	// How often to look for files.
	Poll Duration `yaml:"poll" unit:"duration" default:"2s"`
	// A file is whole when its size has not changed for this long.
	Stable Duration `yaml:"stable" unit:"duration" default:"1s"`
	// How long one exchange with the server may take.
	Timeout Duration `yaml:"timeout" unit:"duration" default:"20s"`
}
