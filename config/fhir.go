package config

// FHIR listens for FHIR R4 requests over HTTP, at `/fhir/r4`.
type FHIR struct {
	// Address to listen at.
	Listen string `yaml:"listen" unit:"host:port" special:"port 0: any free port" example:"127.0.0.1:8090" validate:"required,address"`
	// Where clients find the door, as answers name it. Needed where a proxy stands before the hub.
	BaseURL string `yaml:"base_url" unit:"URL" special:"empty: as the client called it" example:"https://fhir.northmoor.example/fhir/r4" validate:"omitempty,url"`
	// The clients that may ask, each with a secret of its own. Without any, every client that reaches the port is served: only an environment that is `test` may do that.
	Tokens []FHIRToken `yaml:"tokens" validate:"dive"`
	// Networks and single addresses that may ask.
	Allow []string `yaml:"allow" unit:"addresses and networks" special:"empty: anyone who can reach the port" example:"[10.20.0.0/16, 192.0.2.7]" validate:"dive,required,network"`
	// Certificate: with this block clients speak TLS 1.2 or newer, without it plain text, which is for a proxy on the same machine or network.
	TLS *FHIRTLS `yaml:"tls" validate:"omitempty"`
	// A longer body is refused.
	MaxBody Size `yaml:"max_body" unit:"size, as 512KiB" default:"4MiB" validate:"min=1024,max=67108864"`
	// How long a request may take to arrive.
	ReadTimeout Duration `yaml:"read_timeout" unit:"duration" default:"30s"`
	// Connections open at the same time; one more waits for its turn.
	MaxConnections int `yaml:"max_connections" unit:"connections" default:"256" validate:"min=1,max=65535"`
}

// FHIRToken is one client of a `fhir` connector. To change its secret, add the
// new one under another name, start the hub anew, and remove the old one when
// the client has changed over.
type FHIRToken struct {
	// Who shows it; messages and logs name it.
	Client string `yaml:"client" example:"theatre" validate:"required,max=40,name"`
	// What the client shows, as `Authorization: Bearer ...`: at least 20 characters.
	Token Ref `yaml:"token" unit:"reference" example:"file:secrets/fhir-theatre.token" validate:"required"`
}

// FHIRTLS secures a `fhir` connector. Changed files are taken up with the next
// connection; what cannot be used leaves the former in force and is told in
// the log.
type FHIRTLS struct {
	// File of the certificate, in PEM, with those between it and its authority; relative to the trust's folder.
	Certificate string `yaml:"certificate" unit:"path" example:"secrets/fhir.crt" validate:"required"`
	// The certificate's private key, in PEM.
	PrivateKey Ref `yaml:"private_key" unit:"reference" example:"file:secrets/fhir.key" validate:"required"`
}
