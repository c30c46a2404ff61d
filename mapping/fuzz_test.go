package mapping

import (
	"io/fs"
	"os"
	"testing"
)

func FuzzTranslate_NeverPanics(f *testing.F) {
	theatre := theatre(f, os.DirFS(northmoor))
	mappings := []*Mapping{theatre}
	for _, ref := range Refs(Profiles) {
		m, err := Load(Profiles, ref, nil, "")
		if err != nil {
			f.Fatal(err)
		}
		mappings = append(mappings, m)
	}
	for _, pattern := range []string{"profiles/*/*/examples/*.hl7", "profiles/*/*/examples/*.csv"} {
		files, _ := fs.Glob(Profiles, pattern)
		for _, file := range files {
			raw, err := fs.ReadFile(Profiles, file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(example(theatre, file, raw).Raw)
			f.Add(raw)
		}
	}
	f.Add(twelveLines())
	f.Fuzz(func(t *testing.T, raw []byte) {
		for _, m := range mappings {
			in := Input{Raw: raw, Type: "order_ack", ReceivedAt: received}
			tr, err := m.Translate(in)
			if err == nil && tr.Header.Environment == "" {
				t.Error("a message was read without saying whether it is live")
			}
			if len(tr.Findings) > maxFindings+1 {
				t.Error("findings are not bounded")
			}
			if _, again := m.Explain(in); (err == nil) != (again == nil) {
				t.Error("Explain and Translate disagree")
			}
		}
	})
}

func FuzzLoad_NeverPanics(f *testing.F) {
	f.Add([]byte(small), []byte("trust: ZZ1\nprofile: small/v1\n"))
	for _, over := range []string{acting, snapping, telling} {
		f.Add([]byte(small), []byte("trust: ZZ1\nprofile: small/v1\n"+over))
	}
	for _, name := range []string{"profile.yaml", "overlay.yaml"} {
		raw, err := os.ReadFile("testdata/broken/" + name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw, raw)
	}
	f.Fuzz(func(t *testing.T, base, over []byte) {
		trust := profile(string(over))
		trust["mapping.yaml"] = trust["profiles/small/v1/profile.yaml"]
		if m, err := Load(profile(string(base)), "small/v1", trust, "mapping.yaml"); err == nil {
			_, _ = m.Translate(Input{Raw: twelveLines(), ReceivedAt: received})
		}
	})
}
