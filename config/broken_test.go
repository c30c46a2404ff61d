package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/stockwell-hub/stockwell/config"
	"github.com/stockwell-hub/stockwell/internal/fault"
)

const goodHub = `data: ./data
database:
  dsn: ""
http: {listen: 127.0.0.1:8080}
log: {level: info, format: text}
workers: 2
`

const goodTrust = `ods: ZZ1
name: Northmoor
environment: test
time_zone: Europe/London
places:
  - {code: TH1, name: Theatre 1, site: ZZ101, aliases: [OR1]}
  - {code: TH2, name: Theatre 2}
connectors:
  - name: theatre
    type: mllp
    mapping: generic-theatre/v2
    mllp:
      listen: 127.0.0.1:2575
  - name: erp
    type: sftp
    mapping: generic-erp/v1
    sftp:
      address: 127.0.0.1:2222
      user: stockwell
      password: file:secrets/erp.password
      known_hosts: secrets/known_hosts
      out: /orders
suppliers:
  - {code: ORTHO, name: Ortho Devices Ltd}
purchasing:
  connector: erp
  order_file: generic-erp/v1
  automatic_limit: "5000.00"
policies: policies.csv
`

// brokenFile is one change to a good file, and the problems that it makes:
// "line: text" for those of the changed file, each with its code.
type brokenFile struct {
	name     string
	old, new string
	want     []string
}

var brokenTrusts = []brokenFile{
	{"unknown key", "environment: test", "enviroment: test", []string{
		"3 unknown_key: unknown key `enviroment`; did you mean `environment`?"}},
	{"unknown key deep inside", "      out: /orders", "      out: /orders\n      knownhosts: x", []string{
		"23 unknown_key: unknown key `knownhosts` under `sftp`; did you mean `known_hosts`?"}},
	{"unknown key that resembles none", "{code: TH2,", "{colour: red, code: TH2,", []string{
		"7 unknown_key: unknown key `colour` under `places`; known here: aliases, code, name, site."}},
	{"key given twice", "name: Northmoor", "name: Northmoor\nname: Southmoor", []string{
		"3 duplicate_key: `name` is given twice; it was given in line 2 already. Remove one."}},
	{"key without a value", "name: Northmoor", "name:", []string{
		"2 missing_key: `name` has no value. Give it one, or remove the line."}},
	{"missing key", "ods: ZZ1\n", "", []string{
		"1 missing_key: `ods` is missing. Add it, as `ods: ZZ1`."}},
	{"missing key in a block", "      listen: 127.0.0.1:2575", "      max_message: 1MiB", []string{
		"12 missing_key: `listen` is missing under `mllp`. Add it, as `listen: 127.0.0.1:2575`."}},
	{"missing key in a list", "{code: ORTHO, name", "{name", []string{
		"24 missing_key: `code` is missing under `suppliers`. Add it, as `code: ORTHO`."}},
	{"missing block", "    mllp:\n      listen: 127.0.0.1:2575\n", "", []string{
		"9 missing_key: the connector is of type mllp and has no `mllp` block. Add it."}},
	{"block of another type", "    type: mllp", "    type: sftp", []string{
		"9 missing_key: the connector is of type sftp and has no `sftp` block. Add it.",
		"12 contradiction: the connector is of type sftp; remove its `mllp` block, or correct its type."}},
	{"unknown type", "    type: mllp", "    type: mlp", []string{
		"10 bad_value: `type` must be mllp, sftp or fhir; did you mean mllp?"}},
	{"text where a block belongs", "    mllp:\n      listen: 127.0.0.1:2575", "    mllp: yes", []string{
		"12 wrong_type: `mllp` must be a block of keys with values, not text."}},
	{"text where a list belongs", "aliases: [OR1]", "aliases: OR1", []string{
		"6 wrong_type: `aliases` must be a list, not text. Begin each entry with \"- \", or write [] for none."}},
	{"a feed's place that the trust does not have", "    mapping: generic-theatre/v2\n", "    mapping: generic-theatre/v2\n    places: [TH1, TH3]\n", []string{
		"12 unknown_reference: there is no place \"TH3\"; did you mean `TH1`?"}},
	{"a day that no calendar has", "    mapping: generic-theatre/v2\n", "    mapping: generic-theatre/v2\n    historical_before: \"2026-02-30\"\n", []string{
		"12 bad_value: `historical_before` must be a day of the calendar, as \"2026-04-01\"."}},
	{"list where text belongs", "name: Northmoor", "name: [Northmoor]", []string{
		"2 wrong_type: `name` must be a single value, not a list."}},
	{"number where text belongs", "{code: TH2,", "{code: 0200,", []string{
		"7 wrong_type: `code` must be text, not a number. Put it in quotes."}},
	{"text where a number belongs", "  order_file:", "  number: {digits: \"6\"}\n  order_file:", []string{
		"27 wrong_type: `digits` must be a whole number without quotes, not text."}},
	{"number out of bounds", "  order_file:", "  number: {digits: 60}\n  order_file:", []string{
		"27 bad_value: `digits` must be at most 12."}},
	{"fraction", "  order_file:", "  number: {digits: 6.5}\n  order_file:", []string{
		"27 bad_value: `digits` must be a whole number, as 2."}},
	{"prefix unfit for a file name", "  order_file:", "  number: {prefix: \"PO/\"}\n  order_file:", []string{
		"27 bad_value: `prefix` must hold only letters, digits, '_' and '-', because file names are made from it."}},
	{"duration without a unit", "      listen: 127.0.0.1:2575", "      listen: 127.0.0.1:2575\n      idle_timeout: \"10\"", []string{
		"14 bad_value: `idle_timeout` must be a length of time above zero with its unit, as 500ms, 20s or 10m."}},
	{"duration of nothing", "      out: /orders", "      out: /orders\n      poll: 0s", []string{
		"23 bad_value: `poll` must be a length of time above zero with its unit, as 500ms, 20s or 10m."}},
	{"size in an unknown unit", "      listen: 127.0.0.1:2575", "      listen: 127.0.0.1:2575\n      max_message: 1MB", []string{
		"14 bad_value: `max_message` must be a whole number above zero with its unit, as 512KiB or 1MiB (B, KiB, MiB, GiB)."}},
	{"size out of bounds", "      listen: 127.0.0.1:2575", "      listen: 127.0.0.1:2575\n      max_message: 2GiB", []string{
		"14 bad_value: `max_message` must be at most 256MiB."}},
	{"money with signs", `"5000.00"`, `"£5,000.00"`, []string{
		"28 bad_value: `automatic_limit` must be pounds with at most two decimals and no other signs, in quotes, as \"5000.00\"."}},
	{"money without quotes", `"5000.00"`, "5000.00", []string{
		"28 wrong_type: `automatic_limit` must be text, not a number. Put it in quotes."}},
	{"address without a port", "listen: 127.0.0.1:2575", "listen: 127.0.0.1", []string{
		"13 bad_value: `listen` must be a host and a port, as 127.0.0.1:2575."}},
	{"network that is none", "listen: 127.0.0.1:2575", "listen: 127.0.0.1:2575\n      allow: [10.0.0.0/33]", []string{
		"14 bad_value: an entry of `allow` must be an address or a network, as 10.20.30.40, 10.20.0.0/16 or fd00:1::/32."}},
	{"acknowledgement that does not exist", "listen: 127.0.0.1:2575", "listen: 127.0.0.1:2575\n      ack: aplied", []string{
		"14 bad_value: `ack` must be stored or applied; did you mean applied?"}},
	{"content errors without ack applied", "listen: 127.0.0.1:2575", "listen: 127.0.0.1:2575\n      content_errors: reject", []string{
		"14 contradiction: `content_errors` has an effect only with `ack: applied`. Remove it, or add that."}},
	{"senders' authority without names", "listen: 127.0.0.1:2575", "listen: 127.0.0.1:2575\n      tls: {certificate: a, private_key: \"file:b\", client_ca: c}", []string{
		"14 missing_key: senders need a certificate, and no name that it may have is given. Add `client_names`, as `client_names: [theatre.northmoor.example]`."}},
	{"senders' names without an authority", "listen: 127.0.0.1:2575", "listen: 127.0.0.1:2575\n      tls: {certificate: a, private_key: \"file:b\", client_names: [c]}", []string{
		"14 missing_key: `client_names` needs `client_ca`: without it senders show no certificate. Add `client_ca`, as `client_ca: secrets/senders-ca.crt`."}},
	{"time zone that does not exist", "Europe/London", "Europe/Londn", []string{
		"4 bad_value: `time_zone` must be a time zone of the IANA database, as Europe/London."}},
	{"environment that does not exist", "environment: test", "environment: live", []string{
		"3 bad_value: `environment` must be production or test."}},
	{"release that is no time", "name: Ortho Devices Ltd", "name: Ortho Devices Ltd, release: \"25:00\"", []string{
		"24 bad_value: `release` must be immediate, or a time of day as \"16:15\"."}},
	{"profile without a version", "mapping: generic-theatre/v2", "mapping: generic-theatre", []string{
		"11 bad_value: `mapping` must be a profile with its version, as generic-theatre/v2."}},
	{"site code in small letters", "site: ZZ101", "site: zz101", []string{
		"6 bad_value: `site` must be an ODS code of a site: five to nine capital letters or digits, as ZZ101."}},
	{"trust code that is not the folder's name", "ods: ZZ1", "ods: ZZ2", []string{
		"1 contradiction: the folder is called ZZ1 and `ods` is ZZ2. They must be the same."}},
	{"place code twice", "{code: TH2,", "{code: TH1,", []string{
		"7 duplicate: the code \"TH1\" names a place in line 6 already. Each code and alias may name one place, once."}},
	{"alias that is another place's code", "{code: TH2, name: Theatre 2}", "{code: TH2, name: Theatre 2, aliases: [th1]}", []string{
		"7 duplicate: the code \"th1\" names a place in line 6 already. Each code and alias may name one place, once."}},
	{"connector name twice", "  - name: erp", "  - name: theatre", []string{
		"14 duplicate: there is a connector \"theatre\" in line 9 already. Give each its own name.",
		"26 unknown_reference: there is no connector \"erp\"; known here: theatre."}},
	{"orders by an undefined connector", "connector: erp", "connector: rep", []string{
		"26 unknown_reference: there is no connector \"rep\"; did you mean `erp`?"}},
	{"orders by a listening connector", "connector: erp", "connector: theatre", []string{
		"26 unknown_reference: the connector \"theatre\" is of type mllp; orders leave by one of type sftp."}},
	{"orders by a connector without a folder", "      out: /orders\n", "", []string{
		"25 unknown_reference: the connector \"erp\" has no `out` folder, so orders cannot leave by it. Add `out` to its sftp block."}},
	{"reorder points without purchasing", "purchasing:\n  connector: erp\n  order_file: generic-erp/v1\n  automatic_limit: \"5000.00\"\n", "", []string{
		"25 missing_key: there are reorder points and no `purchasing` block, so nothing could be ordered. Add the block, or remove `policies`."}},
	{"secret in clear text", "password: file:secrets/erp.password", "password: correct-horse", []string{
		"20 inline_secret: `password` must not be a secret itself. Put the secret into a file and write file:PATH, or into an environment variable and write env:NAME."}},
	{"secret that looks like a number", "password: file:secrets/erp.password", "password: 31415926", []string{
		"20 inline_secret: `password` must not be a secret itself. Put the secret into a file and write file:PATH, or into an environment variable and write env:NAME."}},
	{"nothing to sign in with", "      password: file:secrets/erp.password\n", "", []string{
		"17 missing_key: the connector has nothing to sign in with. Add `password` or `private_key`, as `password: file:secrets/erp.password`."}},
	{"two ways to sign in", "      known_hosts:", "      private_key: env:KEY\n      known_hosts:", []string{
		"21 contradiction: the connector has both `password` and `private_key`. Keep one."}},
	{"taken files go nowhere", "      out: /orders", "      out: /orders\n      in: /answers/\n      rejected: /bad", []string{
		"23 missing_key: files are taken from `in`, so `processed` must say where they go afterwards. Add it, as `processed: /answers/processed`."}},
	{"taken files stay where they are", "      out: /orders", "      out: /orders\n      in: /orders\n      rejected: /orders/\n      processed: /done", []string{
		"23 contradiction: `in` is the same folder as `out`, so the hub would take its own files. Name another.",
		"24 contradiction: `rejected` is the same folder as `in`, so files would be taken again and again. Name another."}},
	{"listener that the hub's own door takes", "127.0.0.1:2575", "\":8080\"", []string{
		"13 duplicate: the address :8080 is taken by `http.listen` of HUB:4 already. Choose another port."}},
	{"anchor", "name: Northmoor", "name: &n Northmoor", []string{
		"2 bad_yaml: anchors (&), aliases (*) and tags (!) are not read here. Write the value out."}},
	{"brackets that do not close", "aliases: [OR1]}", "aliases: [OR1}", []string{
		"6 bad_yaml: this is not YAML: ',' or ']' must be specified."}},
	{"second document", "policies: policies.csv", "policies: policies.csv\n---\nods: ZZ2", []string{
		"31 bad_yaml: a second document begins here. Keep one document in the file."}},
	{"another encoding", "name: Northmoor", "name: Northm\xf6\xf6r", []string{
		"0 unreadable_file: the file is not text in UTF-8. Save it in that encoding."}},
}

var brokenHubs = []brokenFile{
	{"unknown key", "workers: 2", "worker: 2", []string{
		"6 unknown_key: unknown key `worker`; did you mean `workers`?"}},
	{"too few workers", "workers: 2", "workers: 0", []string{
		"6 bad_value: `workers` must be at least 1."}},
	{"empty data folder", "data: ./data", `data: ""`, []string{
		"1 bad_value: `data` must not be empty."}},
	{"connection string in clear text", `dsn: ""`, `dsn: "postgres://hub:correct-horse@db/hub"`, []string{
		"3 inline_secret: `dsn` must not be a secret itself. Put the secret into a file and write file:PATH, or into an environment variable and write env:NAME."}},
	{"level that does not exist", "level: info", "level: warning", []string{
		"5 bad_value: `level` must be debug, info, warn or error; did you mean warn?"}},
	{"trust code in small letters", "workers: 2", "trusts: [zz1]", []string{
		"6 bad_value: an entry of `trusts` must be an ODS code of a trust: three capital letters or digits, as ZZ1."}},
	{"trust without a folder", "workers: 2", "trusts: [ZZ1, ZZ9]", []string{
		"6 unknown_reference: the trust ZZ9 has no folder DIR/trusts/ZZ9. Create it with a trust.yaml in it, or remove the code here."}},
	{"trust named twice", "workers: 2", "trusts:\n  - ZZ1\n  - ZZ1", []string{
		"8 duplicate: the trust ZZ1 is named in line 7 already. Remove one."}},
	{"list of nothing", goodHub, "- 1\n", []string{
		"1 wrong_type: the file must be a block of keys with values, not a list."}},
}

func TestLoad_BrokenTrustSaysWhereAndWhatToDo(t *testing.T) {
	for _, c := range brokenTrusts {
		t.Run(c.name, func(t *testing.T) { c.check(t, "trusts/ZZ1/trust.yaml", goodHub, c.apply(t, goodTrust)) })
	}
}

func TestLoad_BrokenHubSaysWhereAndWhatToDo(t *testing.T) {
	for _, c := range brokenHubs {
		t.Run(c.name, func(t *testing.T) { c.check(t, "stockwell.yaml", c.apply(t, goodHub), goodTrust) })
	}
}

func (c brokenFile) apply(t *testing.T, good string) string {
	t.Helper()
	if strings.Count(good, c.old) != 1 {
		t.Fatalf("%q must be in the good file once", c.old)
	}
	return strings.Replace(good, c.old, c.new, 1)
}

func (c brokenFile) check(t *testing.T, file, hub, trust string) {
	t.Helper()
	dir := write(t, map[string]string{"stockwell.yaml": hub, "trusts/ZZ1/trust.yaml": trust})
	h, ts, err := config.Load(filepath.Join(dir, "stockwell.yaml"))
	if h != nil || ts != nil || err == nil {
		t.Fatal("a broken configuration was loaded")
	}
	if !fault.Is(err, fault.Invalid) {
		t.Errorf("the error is not fault.Invalid: %v", err)
	}
	if strings.Contains(err.Error(), "correct-horse") || strings.Contains(err.Error(), "31415926") {
		t.Errorf("the error shows a secret: %v", err)
	}
	place := filepath.Join(dir, file) + ":"
	var got []string
	for _, p := range err.(config.Problems) {
		line, _ := strings.CutPrefix(p.Place()+":", place)
		if line = strings.TrimSuffix(line, ":"); line == "" {
			line = "0"
		}
		text := strings.NewReplacer(filepath.Join(dir, "stockwell.yaml"), "HUB", dir, "DIR").Replace(p.Text)
		got = append(got, line+" "+p.Code+": "+text)
	}
	if diff := cmp.Diff(c.want, got); diff != "" {
		t.Errorf("problems differ (-want +got):\n%s", diff)
	}
}

// write makes a folder with these files.
func write(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, body := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(body), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}
