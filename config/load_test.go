package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/stockwell-hub/stockwell/config"
)

func TestLoad_ShippedConfigurationIsTheDemosTrust(t *testing.T) {
	hub, trusts, err := config.Load("stockwell.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if hub.Data != "./data" || hub.Dir != "." || len(trusts) != 1 {
		t.Fatalf("loaded %+v and %d trusts", hub, len(trusts))
	}
	trust := trusts[0]
	if trust.ODS != "ZZ1" || trust.Environment != "test" || trust.Dir != filepath.Join("trusts", "ZZ1") {
		t.Errorf("loaded %+v", trust)
	}
	if got := trust.Purchasing.AutomaticLimit.String(); got != "5000.00" {
		t.Errorf("automatic_limit is %s", got)
	}
	if got := trust.Connectors[2].SFTP.Password; got != "file:secrets/erp.password" {
		t.Errorf("password is %s", got)
	}
}

func TestLoad_AbsentKeysHaveTheirDefaults(t *testing.T) {
	dir := write(t, map[string]string{
		"stockwell.yaml":           "",
		"trusts/ZZ1/trust.yaml":    "ods: ZZ1\nname: N\nconnectors:\n  - {name: a, type: mllp, mapping: p/v1, mllp: {listen: \":1\"}}\n  - {name: b, type: sftp, mapping: p/v1, sftp: {address: \"h:22\", user: u, private_key: env:K, known_hosts: k, out: /o}}\nsuppliers: [{code: S, name: S}]\npurchasing: {connector: b, order_file: p/v1}\n",
		"trusts/.hidden/notes.txt": "",
		"trusts/README.md":         "",
	})
	hub, trusts, err := config.Load(filepath.Join(dir, "stockwell.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	wantHub := &config.Hub{Data: "./data", HTTP: config.HTTP{Listen: "127.0.0.1:8080"}, Log: config.Log{Level: "info", Format: "text"},
		Alerts: config.Alerts{DiskFree: 1 << 30, Backlog: 10000, BacklogAge: config.Duration(5 * time.Minute)}, Tracing: config.Tracing{OneIn: 100}, Witness: config.Witness{Days: 35}, Catalogue: config.Catalogue{MostChange: 10}, Workers: 2, Dir: dir}
	if diff := cmp.Diff(wantHub, hub); diff != "" {
		t.Errorf("hub differs (-want +got):\n%s", diff)
	}
	trust := trusts[0]
	if trust.Environment != "production" || trust.TimeZone != "Europe/London" || trust.Suppliers[0].Release != "immediate" {
		t.Errorf("loaded %+v", trust)
	}
	wantMLLP := &config.MLLP{Listen: ":1", MaxMessage: 1 << 20, IdleTimeout: config.Duration(10 * time.Minute),
		ReadTimeout: config.Duration(30 * time.Second), WriteTimeout: config.Duration(30 * time.Second), KeepAlive: config.Duration(30 * time.Second),
		MaxConnections: 1024, MaxConnectionsPerPeer: 256, Ack: "stored", AckTimeout: config.Duration(20 * time.Second), ContentErrors: "accept", Strictness: "tolerant"}
	if diff := cmp.Diff(wantMLLP, trust.Connectors[0].MLLP); diff != "" {
		t.Errorf("mllp differs (-want +got):\n%s", diff)
	}
	wantSFTP := &config.SFTP{Address: "h:22", User: "u", PrivateKey: "env:K", KnownHosts: "k", Out: "/o", Pattern: "*.csv", Type: "order_ack",
		Poll: config.Duration(2 * time.Second), Stable: config.Duration(time.Second), Whole: "stable", Marker: ".done", IncompleteAfter: config.Duration(time.Hour), EffectTimeout: config.Duration(20 * time.Second), Timeout: config.Duration(20 * time.Second)}
	if diff := cmp.Diff(wantSFTP, trust.Connectors[1].SFTP); diff != "" {
		t.Errorf("sftp differs (-want +got):\n%s", diff)
	}
	p := trust.Purchasing
	if p.Number != (config.Number{Prefix: "PO-", Digits: 6}) || p.AutomaticLimit.String() != "0.00" || p.DailyCap.String() != "0.00" {
		t.Errorf("purchasing is %+v", p)
	}
}

func TestLoad_EveryProblemOfEveryFileIsToldInOrder(t *testing.T) {
	dir := write(t, map[string]string{
		"stockwell.yaml":        "workers: many\nwrokers: 2\n",
		"trusts/AA1/trust.yaml": strings.Replace(goodTrust, "ods: ZZ1", "ods: aa1", 1),
		"trusts/BB1/trust.yaml": "ods: [\n",
		"trusts/CC1/other.yaml": "",
		"trusts/ZZ1/trust.yaml": strings.NewReplacer("OR1", "TH2", "name: Theatre 2", "nmae: Theatre 2").Replace(goodTrust),
	})
	_, _, err := config.Load(filepath.Join(dir, "stockwell.yaml"))
	if err == nil {
		t.Fatal("loaded")
	}
	want := `stockwell.yaml:1: ` + "`workers`" + ` must be a whole number without quotes, not text.
stockwell.yaml:2: unknown key ` + "`wrokers`; did you mean `workers`?" + `
trusts/AA1/trust.yaml:1: ` + "`ods`" + ` must be an ODS code of a trust: three capital letters or digits, as ZZ1.
trusts/BB1/trust.yaml:1: this is not YAML: sequence end token ']' not found.
trusts/CC1/trust.yaml: there is no such file. Create it, or correct the path.
trusts/ZZ1/trust.yaml:6: the code "TH2" names a place in line 7 already. Each code and alias may name one place, once.
trusts/ZZ1/trust.yaml:7: unknown key ` + "`nmae` under `places`; did you mean `name`?" + `
trusts/ZZ1/trust.yaml:7: ` + "`name` is missing under `places`. Add it, as `name: Theatre 1 store`." + `
trusts/ZZ1/trust.yaml:13: the address 127.0.0.1:2575 is taken by ` + "`connectors[0].mllp.listen` of trusts/AA1/trust.yaml:13" + ` already. Choose another port.`
	if diff := cmp.Diff(want, strings.ReplaceAll(err.Error(), dir+string(filepath.Separator), "")); diff != "" {
		t.Errorf("problems differ (-want +got):\n%s", diff)
	}
}

func TestLoad_AbsentFileOrTrustSaysWhatToCreate(t *testing.T) {
	dir := write(t, map[string]string{"stockwell.yaml": ""})
	_, _, err := config.Load(filepath.Join(dir, "nowhere.yaml"))
	if err == nil || !strings.Contains(err.Error(), "nowhere.yaml: there is no such file. Create it, or correct the path.") {
		t.Errorf("absent file: %v", err)
	}
	_, _, err = config.Load(dir)
	if err == nil || !strings.Contains(err.Error(), "this is not a file. Name the file itself.") {
		t.Errorf("folder: %v", err)
	}
	_, _, err = config.Load(filepath.Join(dir, "stockwell.yaml"))
	if err == nil || !strings.Contains(err.Error(), "there is no trust in") {
		t.Errorf("no trust: %v", err)
	}
}

func TestLoad_FilesOfOtherEditorsAreRead(t *testing.T) {
	dos := "\ufeff" + strings.ReplaceAll(goodTrust, "\n", "\r\n")
	dir := write(t, map[string]string{"stockwell.yaml": goodHub, "elsewhere/trust.yaml": dos})
	if err := os.Mkdir(filepath.Join(dir, "trusts"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("../elsewhere", filepath.Join(dir, "trusts", "ZZ1")); err != nil {
		t.Fatal(err)
	}
	_, trusts, err := config.Load(filepath.Join(dir, "stockwell.yaml"))
	if err != nil || len(trusts) != 1 || trusts[0].Places[0].Name != "Theatre 1" {
		t.Errorf("loaded %v: %v", trusts, err)
	}
}
