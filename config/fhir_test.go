package config_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/stockwell-hub/stockwell/config"
)

const fhirDoor = `
  - name: implants
    type: fhir
    mapping: generic-fhir/v1
    fhir:
      listen: 127.0.0.1:8090
suppliers:`

// withFHIR is a good trust with a FHIR door.
var withFHIR = strings.Replace(goodTrust, "\nsuppliers:", fhirDoor, 1)

func TestLoad_BrokenFHIRDoorSaysWhereAndWhatToDo(t *testing.T) {
	t.Parallel()
	for _, c := range []brokenFile{
		{"no token outside a test environment", "environment: test", "environment: production", []string{
			"26 missing_key: the connector has no `tokens`, so anyone could tell of use and read patients. Add one for each client, as `tokens: [{client: theatre, token: file:secrets/fhir-theatre.token}]`. Only with `environment: test` may there be none."}},
		{"a token in clear", "      listen: 127.0.0.1:8090", "      listen: 127.0.0.1:8090\n      tokens: [{client: a, token: correct-horse}]", []string{
			"28 inline_secret: `token` must not be a secret itself. Put the secret into a file and write file:PATH, or into an environment variable and write env:NAME."}},
		{"one client twice", "      listen: 127.0.0.1:8090", "      listen: 127.0.0.1:8090\n      tokens: [{client: a, token: env:A}, {client: a, token: env:B}]", []string{
			"28 duplicate: there is a client \"a\" in line 28 already. Give each its own client."}},
		{"a port that is taken", "      listen: 127.0.0.1:8090", "      listen: 127.0.0.1:2575", []string{
			"27 duplicate: the address 127.0.0.1:2575 is taken by `connectors[0].mllp.listen` of DIR/trusts/ZZ1/trust.yaml:13 already. Choose another port."}},
		{"a base that is elsewhere", "      listen: 127.0.0.1:8090", "      listen: 127.0.0.1:8090\n      base_url: https://fhir.example/", []string{
			"28 bad_value: `base_url` must be an address with http:// or https:// that ends in /fhir/r4, as https://fhir.northmoor.example/fhir/r4."}},
		{"orders that would leave by it", "purchasing:\n  connector: erp", "purchasing:\n  connector: implants", []string{
			"31 unknown_reference: the connector \"implants\" is of type fhir; orders leave by one of type sftp."}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.check(t, "trusts/ZZ1/trust.yaml", goodHub, c.apply(t, withFHIR))
		})
	}
}

func TestLoad_AFHIRDoorNeedsNoTokenInATestEnvironment(t *testing.T) {
	t.Parallel()
	dir := write(t, map[string]string{"stockwell.yaml": goodHub, "trusts/ZZ1/trust.yaml": withFHIR, "trusts/ZZ1/policies.csv": "place,item,reorder_point,order_up_to\n"})
	_, trusts, err := config.Load(filepath.Join(dir, "stockwell.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	f := trusts[0].Connectors[2].FHIR
	if f == nil || int64(f.MaxBody) != 4<<20 || f.MaxConnections != 256 || len(f.Tokens) != 0 {
		t.Errorf("got %+v", f)
	}
}
