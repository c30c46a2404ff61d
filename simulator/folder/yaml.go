package folder

import (
	"fmt"
	"strings"

	"github.com/stockwell-hub/stockwell/simulator/feeds"
	"github.com/stockwell-hub/stockwell/simulator/hospital"
)

// profiles are what reads each dialect: profile, and overlay if it has one.
var profiles = map[string][2]string{
	feeds.Theatre:  {"generic-theatre/v2", "theatre.yaml"},
	feeds.Snapshot: {"snapshot-theatre/v1", ""},
	feeds.Actions:  {"action-theatre/v1", "actions.yaml"},
	feeds.Daybook:  {"generic-theatre/v2", "daybook.yaml"},
	feeds.FHIR:     {"generic-fhir/v1", "fhir.yaml"},
	feeds.Cabinet:  {"generic-theatre/v2", ""},
	feeds.Patients: {"generic-theatre/v2", ""},
}

// byAuthority are the dialects, those whose word counts first.
var byAuthority = []string{feeds.Theatre, feeds.Snapshot, feeds.Actions, feeds.Daybook, feeds.FHIR, feeds.Cabinet, feeds.Patients}

// trustYAML is the trust's configuration. Its feeds tell of days that are long
// over, or come in no order of days at all, so none of them is ever late or
// silent.
func trustYAML(p *feeds.Plan, a Addresses) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "# The synthetic hospital, as `stockwell simulate` wrote it.\nods: %s\nname: Simulated Hospital\nenvironment: test\nplaces:\n", hospital.Trust)
	for _, t := range p.Theatres {
		fmt.Fprintf(&b, "  - {code: %s, name: %s, site: %s, aliases: [%s]}\n", t.Code, t.Name, t.Site, t.Alias)
	}
	b.WriteString("connectors:\n")
	for _, name := range byAuthority {
		overlay := ""
		if o := profiles[name][1]; o != "" {
			overlay = ", overlay: " + o
		}
		door := fmt.Sprintf("type: mllp, mllp: {listen: %q, max_connections: 1024, max_connections_per_peer: 1024}", a.Feeds[name])
		if name == feeds.FHIR {
			door = fmt.Sprintf("type: fhir, fhir: {listen: %q, tokens: [{client: theatres, token: file:secrets/fhir.token}]}", a.Feeds[name])
		}
		fmt.Fprintf(&b, "  - {name: %s, mapping: %s%s, behind_after: 876000h, silent_after: 876000h, %s}\n", name, profiles[name][0], overlay, door)
	}
	fmt.Fprintf(&b, `  - name: erp
    type: sftp
    mapping: generic-erp/v2
    sftp: {address: %q, user: stockwell, password: file:secrets/erp.password, known_hosts: secrets/known_hosts, out: /orders,
      in: /answers, pattern: "*.csv", processed: /answers/processed, rejected: /answers/rejected, type: order_ack, poll: 500ms, stable: 200ms}
  - name: goods
    type: sftp
    mapping: generic-erp/v2
    sftp: {address: %[1]q, user: stockwell, password: file:secrets/erp.password, known_hosts: secrets/known_hosts,
      in: /goods, pattern: "*.csv", processed: /goods/processed, rejected: /goods/rejected, type: goods_received, poll: 500ms, stable: 200ms}
  - name: mdor
    type: sftp
    mapping: mdor-provisional/v1
    sftp: {address: %[1]q, user: stockwell, password: file:secrets/erp.password, known_hosts: secrets/known_hosts, out: /mdor,
      in: /responses, pattern: "*.csv", processed: /responses/processed, rejected: /responses/rejected, type: registry_response, poll: 500ms, stable: 200ms}
registry: {connector: mdor, profile: mdor-provisional/v1}
suppliers:
`, a.ERP)
	for _, s := range [][2]string{{"ORTHO", "Ortho Devices Ltd"}, {"TRAUMA", "Trauma Systems Ltd"}, {"CARDIO", "Cardio Rhythm Ltd"}, {"VISION", "Vision Lens Ltd"}, {"GENERAL", "General Surgical Ltd"}, {"NHSSC", "NHS Supply Chain"}} {
		fmt.Fprintf(&b, "  - {code: %s, name: %s, release: immediate}\n", s[0], s[1])
	}
	b.WriteString(`purchasing:
  connector: erp
  order_file: generic-erp/v2
  number: {prefix: "PO-", digits: 6}
  automatic_limit: "20000.00"
  daily_cap: "50000000.00"
policies: policies.csv
`)
	return []byte(b.String())
}

const theatreOverlay = `# The theatres' first dialect names items by codes of its own.
trust: ZZ9
profile: generic-theatre/v2

tables:
  items: tables/items.csv
`

// fhirOverlay names the trust's own systems of identifiers.
const fhirOverlay = `# The theatres' fifth dialect, in FHIR: which systems are the trust's own.
trust: ZZ9
profile: generic-fhir/v1

tables:
  items: tables/items.csv
  code_systems: tables/fhir-systems.csv
  patient_systems: tables/fhir-patients.csv
  patient_authorities: tables/fhir-authorities.csv
`

const actionsOverlay = `# The theatres' third dialect names items by codes of the trust's own.
trust: ZZ9
profile: action-theatre/v1

tables:
  items: tables/items.csv
`

// daybookOverlay reads a dialect that groups, signs and names otherwise than
// the profile says.
const daybookOverlay = `# The theatres' fourth dialect: one DFT for a case, whose number stands in
# ZCA; I is a use, and a negative number takes back; lots and what became of a
# thing stand in ZUD, which names its FT1; items are told by GTIN as EAN.
trust: ZZ9
profile: generic-theatre/v2

tables:
  transaction_types: tables/daybook-signs.csv
  code_systems: tables/daybook-systems.csv

parts:
  usage_case:
    - {kind: case_number, from: ZCA-1}
    - {kind: visit_number, from: PV1-19.1, last_resort: true}

messages:
  charges:
    events:
      use:
        each:
        by:
        procedures:
          - {each: ZCA, code: ZCA-2, system: {const: OPCS4}}
        lines:
          join:
            - {each: ZUD, where: ZUD-1, equals: FT1-2}
          negative: {use: credit}
          lot: ZUD-2
          expiry: ZUD-3
          serial: ZUD-4
          unit: {from: FT1-13.1, case: upper, table: units}
          disposition: {from: ZUD-5, case: upper, table: dispositions}
          side: {from: ZUD-6, case: upper, table: sides}
          set: {id: ZUD-7.1, cycle: ZUD-7.2}
`
