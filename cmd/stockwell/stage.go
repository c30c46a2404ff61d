package main

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/stockwell-hub/stockwell/config"
	"github.com/stockwell-hub/stockwell/connectors/sftp/jail"
	"github.com/stockwell-hub/stockwell/internal/fault"
)

// stage is the demo's folder: a copy of the shipped configuration with ports
// that are free and secrets of its own, the ERP's folder, and the database.
type stage struct {
	dir      string
	erpDir   string
	erp      net.Listener
	erpAddr  string
	hostKey  ssh.Signer
	password string
	log      *os.File
	lock     *os.File
}

// erpFolders are those of the ERP's server.
var erpFolders = []string{"orders", "answers/processed", "answers/rejected", "receipts/processed", "receipts/rejected", "submissions", "responses/processed", "responses/rejected"}

// marker is what tells a demo's folder, which may be emptied, from any other.
const marker = ".stockwell-demo"

func newStage(base string) (_ *stage, err error) {
	s := &stage{}
	defer func() {
		if err != nil {
			s.close()
		}
	}()
	if err := s.claim(base); err != nil {
		return nil, err
	}
	if s.erp, err = usual("127.0.0.1:2222"); err != nil {
		return nil, err
	}
	s.erpAddr = s.erp.Addr().String()
	mllp, err := freeAddress("127.0.0.1:2575")
	if err != nil {
		return nil, err
	}
	fhir, err := freeAddress("127.0.0.1:8090")
	if err != nil {
		return nil, err
	}
	pages, err := freeAddress("127.0.0.1:8080")
	if err != nil {
		return nil, err
	}
	s.erpDir = filepath.Join(s.dir, "erp")
	for _, d := range erpFolders {
		if err := os.MkdirAll(filepath.Join(s.erpDir, d), 0o755); err != nil {
			return nil, err
		}
	}
	ports := strings.NewReplacer("127.0.0.1:2575", mllp, "127.0.0.1:8090", fhir, "127.0.0.1:8080", pages, "127.0.0.1:2222", s.erpAddr, "data: ./data", "data: "+s.dir)
	if err := s.writeConfig(ports); err != nil {
		return nil, err
	}
	if err := s.writeSecrets(); err != nil {
		return nil, err
	}
	s.log, err = os.Create(filepath.Join(s.dir, "stockwell.log"))
	return s, err
}

// claim takes a folder that no other demo uses, and empties it if a former
// demo left it.
func (s *stage) claim(base string) error {
	for i := 1; i <= 20; i++ {
		dir := base
		if i > 1 {
			dir = fmt.Sprintf("%s-%d", base, i)
		}
		entries, err := os.ReadDir(dir)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if _, err := os.Stat(filepath.Join(dir, marker)); err != nil && len(entries) > 0 {
			return fault.New(fault.Conflict, "folder_not_a_demo", "The folder is not empty and no demo made it, so it is not touched. Name another with --data.").At(dir)
		}
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
		lock, err := os.OpenFile(filepath.Join(dir, marker), os.O_CREATE|os.O_RDWR, 0o644)
		if err != nil {
			return err
		}
		if syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) != nil {
			lock.Close()
			continue // another demo runs here
		}
		s.dir, s.lock = dir, lock
		for _, e := range entries {
			if e.Name() != marker {
				if err := os.RemoveAll(filepath.Join(dir, e.Name())); err != nil {
					return err
				}
			}
		}
		return nil
	}
	return fault.New(fault.Conflict, "demos_running", "Twenty demos run already. Stop one, or name a folder with --data.")
}

// writeConfig writes the shipped configuration down.
func (s *stage) writeConfig(ports *strings.Replacer) error {
	return fs.WalkDir(config.Demo, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		to := filepath.Join(s.dir, "config", path)
		if d.IsDir() {
			return os.MkdirAll(to, 0o755)
		}
		raw, err := config.Demo.ReadFile(path)
		if err != nil {
			return err
		}
		switch filepath.Base(path) {
		case "order-history.csv":
			raw = bringUpToDate(raw, time.Now())
		default:
			raw = []byte(ports.Replace(string(raw)))
		}
		return os.WriteFile(to, raw, 0o644)
	})
}

// bringUpToDate moves the dates of past orders so that the last was a week
// ago: planning looks at the last twelve months, whenever the demo is played.
func bringUpToDate(raw []byte, now time.Time) []byte {
	lines := bytes.Split(raw, []byte("\n"))
	var last time.Time
	dates := make([]time.Time, len(lines))
	for i, l := range lines {
		cells := strings.SplitN(string(l), ",", 3)
		if len(cells) == 3 {
			dates[i], _ = time.Parse(time.DateOnly, cells[1])
		}
		if dates[i].After(last) {
			last = dates[i]
		}
	}
	days := int(now.AddDate(0, 0, -7).Sub(last).Hours() / 24)
	for i, l := range lines {
		if !dates[i].IsZero() {
			lines[i] = bytes.Replace(l, []byte(dates[i].Format(time.DateOnly)), []byte(dates[i].AddDate(0, 0, days).Format(time.DateOnly)), 1)
		}
	}
	return bytes.Join(lines, []byte("\n"))
}

// writeSecrets makes the ERP's password and host key, and the known_hosts
// file by which the hub tells that it speaks with the right server.
func (s *stage) writeSecrets() error {
	dir := filepath.Join(s.dir, "config", "trusts", "ZZ1", "secrets")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	var random [16]byte
	if _, err := rand.Read(random[:]); err != nil {
		return err
	}
	s.password = hex.EncodeToString(random[:])
	if err := os.WriteFile(filepath.Join(dir, "erp.password"), []byte(s.password+"\n"), 0o600); err != nil {
		return err
	}
	var err error
	if s.hostKey, err = jail.GenerateHostKey(filepath.Join(s.dir, "erp-host-key")); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "known_hosts"), []byte(jail.KnownHostsLine(s.erpAddr, s.hostKey.PublicKey())+"\n"), 0o644)
}

func (s *stage) close() {
	if s.erp != nil {
		_ = s.erp.Close()
	}
	if s.log != nil {
		_ = s.log.Close()
	}
	if s.lock != nil {
		_ = s.lock.Close()
	}
}
