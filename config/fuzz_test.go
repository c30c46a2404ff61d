package config

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
)

// FuzzTrust_IsReadOrRefused reads any bytes as trust.yaml: each problem has a
// line in the file, and what is accepted has the shape that the schema gives.
func FuzzTrust_IsReadOrRefused(f *testing.F) {
	shipped, err := os.ReadFile("trusts/ZZ1/trust.yaml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(shipped)
	for _, seed := range []string{"", "ods: ZZ1\nname: N\n", "ods: &a [*a]", "a: {b: [", "? a\n: b", "ods: |\n  ZZ1\n", "<<: {ods: ZZ1}", "places:\n- - - a", "\"ods\": !!str ZZ1\n---\n", "connectors: [{mllp: {}, sftp: {in: /}}]"} {
		f.Add([]byte(seed))
	}
	schema := compiled(f)
	f.Fuzz(func(t *testing.T, raw []byte) {
		if len(raw) > 4096 {
			return
		}
		var trust Trust
		d := &document{file: "trust.yaml", lines: map[string]int{}, bad: map[string]bool{}}
		d.readBytes(raw, &trust)
		if d.usable() {
			d.check(&trust)
		}
		for _, p := range d.problems {
			if p.Line < 0 || p.Line > strings.Count(string(raw), "\n")+strings.Count(string(raw), "\r")+1 || p.Code == "" || p.Text == "" || strings.ContainsAny(p.Text, "\n\r") {
				t.Errorf("unfit problem %+v", p)
			}
		}
		if len(d.problems) == 0 {
			if err := agrees(schema, raw); err != nil {
				t.Errorf("accepted, and refused by the schema: %v", err)
			}
		}
	})
}

// FuzzRef_InlineSecretIsNeverShown writes any text where a reference belongs.
func FuzzRef_InlineSecretIsNeverShown(f *testing.F) {
	f.Add("correct-horse-battery")
	f.Add("env:not a name, 12345678")
	f.Add("postgres://hub:12345678@db/hub")
	f.Fuzz(func(t *testing.T, secret string) {
		quoted, err := json.Marshal(secret)
		if err != nil || len(secret) < 8 || Ref(secret).valid() {
			return
		}
		var hub Hub
		d := &document{file: "stockwell.yaml", lines: map[string]int{}, bad: map[string]bool{}}
		d.readBytes([]byte("database:\n  dsn: "+string(quoted)+"\n"), &hub)
		if len(d.problems) != 1 || hub.Database.DSN != "" {
			t.Fatalf("accepted: %v", d.problems)
		}
		if strings.Contains(d.problems.Error(), secret) {
			t.Errorf("shown: %v", d.problems)
		}
	})
}
