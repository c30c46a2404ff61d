package config

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Load reads stockwell.yaml at path and trust.yaml of every trust that it
// serves, in the order of their ODS codes. Keys that are absent have their
// defaults.
//
// It reaches nothing that the configuration names: references are resolved,
// and policies read, by those who need them. If anything is wrong it returns
// Problems, with all of them, and neither hub nor trusts.
func Load(path string) (*Hub, []*Trust, error) {
	hub := &Hub{Dir: filepath.Dir(path)}
	d := readDocument(path, hub)
	listeners := listening{}
	listeners.add(d, "http.listen", hub.HTTP.Listen)

	folders := d.trustFolders(hub)
	problems := d.problems
	var trusts []*Trust
	for _, folder := range folders {
		trust, td := loadTrust(folder)
		for i, c := range trust.Connectors {
			if c.MLLP != nil {
				listeners.add(td, fmt.Sprintf("connectors[%d].mllp.listen", i), c.MLLP.Listen)
			}
			if c.FHIR != nil {
				listeners.add(td, fmt.Sprintf("connectors[%d].fhir.listen", i), c.FHIR.Listen)
			}
		}
		problems = append(problems, td.problems...)
		trusts = append(trusts, trust)
	}
	if err := problems.failure(); err != nil {
		return nil, nil, err
	}
	return hub, trusts, nil
}

func loadTrust(folder string) (*Trust, *document) {
	trust := &Trust{Dir: folder}
	d := readDocument(filepath.Join(folder, "trust.yaml"), trust)
	if !d.usable() {
		return trust, d
	}
	d.check(trust)
	if name := filepath.Base(folder); trust.ODS != "" && trust.ODS != name && !d.bad["ods"] {
		d.reportAt("ods", "contradiction", "the folder is called %s and `ods` is %s. They must be the same.", printable(name), trust.ODS)
	}
	return trust, d
}

// trustFolders gives the folders of the trusts to serve, sorted.
func (d *document) trustFolders(hub *Hub) []string {
	all := hub.Path("trusts")
	var folders []string
	if len(hub.Trusts) == 0 {
		entries, _ := os.ReadDir(all) // no folder is no trust, told below
		for _, e := range entries {
			folder := filepath.Join(all, e.Name())
			if !strings.HasPrefix(e.Name(), ".") && !strings.HasPrefix(e.Name(), "_") && isFolder(folder) {
				folders = append(folders, folder)
			}
		}
		if len(folders) == 0 && d.usable() {
			d.report(0, "missing_key", "there is no trust in %s. Create a folder there, named by the trust's ODS code, with a trust.yaml in it.", all)
		}
		return folders
	}
	first := map[string]string{}
	for i, ods := range hub.Trusts {
		at := fmt.Sprintf("trusts[%d]", i)
		folder := filepath.Join(all, ods)
		switch before, again := first[ods]; {
		case d.bad[at]:
		case again:
			d.reportAt(at, "duplicate", "the trust %s is named in line %d already. Remove one.", ods, d.line(before))
		case !isFolder(folder):
			d.reportAt(at, "unknown_reference", "the trust %s has no folder %s. Create it with a trust.yaml in it, or remove the code here.", ods, folder)
		default:
			folders = append(folders, folder)
		}
		first[ods] = at
	}
	slices.Sort(folders)
	return folders
}

// isFolder follows links: mounted configurations are made of them.
func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// listening holds the addresses that something listens at, with the place
// that says so, in the order of their reading.
type listening []struct{ address, place string }

// add notes the address at path, or reports that another one takes it.
func (l *listening) add(d *document, path, address string) {
	for _, other := range *l {
		if clash(other.address, address) {
			d.reportAt(path, "duplicate", "the address %s is taken by %s already. Choose another port.", printable(address), other.place)
			return
		}
	}
	place := "`" + path + "` of " + Problem{File: d.file, Line: d.line(path)}.Place()
	*l = append(*l, struct{ address, place string }{address, place})
}
