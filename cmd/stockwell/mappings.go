package main

import (
	"crypto/sha256"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/stockwell-hub/stockwell/config"
	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/mapping"
	"github.com/stockwell-hub/stockwell/schemas/flatfile"
)

// mappings are the mappings in force for a trust's connectors. They are read
// anew when a file of the trust's folder changes, and stay as they were when
// the new ones have a problem.
type mappings struct {
	cfg *config.Trust

	mu     sync.RWMutex
	by     map[string]*mapping.Mapping
	digest [32]byte
}

func newMappings(cfg *config.Trust) (*mappings, error) {
	m := &mappings{cfg: cfg}
	_, err := m.reload()
	return m, err
}

// of gives a connector's mapping.
func (m *mappings) of(connector string) (*mapping.Mapping, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if x := m.by[connector]; x != nil {
		return x, nil
	}
	if connector == "import" {
		return nil, fault.New(fault.Conflict, "import_once", "A file that a person gave is taken up once and is not replayed. Correct the file and give it again, or count the shelf.")
	}
	return nil, fault.New(fault.Stopped, "connector_unknown", "The connector %q is not in trust.yaml, so nobody knows how to read its messages. Add it and replay.", connector)
}

// reload reads the mappings again if a file changed, and says whether it did.
func (m *mappings) reload() (changed bool, err error) {
	digest, err := digestOf(m.cfg.Dir)
	if err != nil {
		return false, err
	}
	m.mu.RLock()
	same := m.by != nil && digest == m.digest
	m.mu.RUnlock()
	if same {
		return false, nil
	}
	by := map[string]*mapping.Mapping{}
	var problems []error
	for _, c := range m.cfg.Connectors {
		if c.Mapping == "" {
			continue
		}
		x, err := mapping.Load(mapping.Profiles, c.Mapping, os.DirFS(m.cfg.Dir), c.Overlay)
		if err != nil {
			problems = append(problems, err)
			continue
		}
		by[c.Name] = x
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.digest = digest
	if len(problems) > 0 && m.by != nil {
		return true, errors.Join(problems...)
	}
	if len(problems) > 0 {
		return false, errors.Join(problems...)
	}
	m.by = by
	return true, nil
}

// orderLayout is the layout of the trust's order files.
func (m *mappings) orderLayout() (flatfile.Layout, error) {
	x, err := mapping.Load(mapping.Profiles, m.cfg.Purchasing.OrderFile, nil, "")
	if err != nil {
		return flatfile.Layout{}, err
	}
	return x.OrderLayout()
}

// records lay out what the trust's registry is told.
func (m *mappings) records() (mapping.Records, error) {
	x, err := mapping.Load(mapping.Profiles, m.cfg.Registry.Profile, nil, "")
	if err != nil {
		return mapping.Records{}, err
	}
	return x.Records()
}

// digestOf is over the YAML and CSV files of a trust's folder.
func digestOf(dir string) (sum [32]byte, err error) {
	h := sha256.New()
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if e := filepath.Ext(path); e != ".yaml" && e != ".csv" || strings.HasPrefix(filepath.Base(path), ".") {
			return nil
		}
		raw, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil // an editor's temporary file
		}
		h.Write([]byte(path))
		h.Write([]byte{0})
		h.Write(raw)
		return err
	})
	copy(sum[:], h.Sum(nil))
	return sum, err
}
