package main

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/stockwell-hub/stockwell/config"
	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/store"
)

// vaultKey is the key of a trust's identities.
func vaultKey(hub *config.Hub, cfg *config.Trust) ([]byte, error) {
	return trustKey(hub, cfg, cfg.Secrets.VaultKey, "vault")
}

// archiveKeys are the keys of a trust's archive: the one in force and former
// ones.
func archiveKeys(hub *config.Hub, cfg *config.Trust) (store.ArchiveKeys, error) {
	current, err := trustKey(hub, cfg, cfg.Secrets.ArchiveKey, "archive")
	if err != nil {
		return store.ArchiveKeys{}, err
	}
	former, err := formerKeys(cfg)
	if err != nil {
		return store.ArchiveKeys{}, err
	}
	return store.NewArchiveKeys(cfg.ODS, current, former...)
}

func formerKeys(cfg *config.Trust) ([][]byte, error) {
	var out [][]byte
	for i, ref := range cfg.Secrets.ArchiveKeysFormer {
		key, err := givenKey(cfg, ref, fmt.Sprintf("secrets.archive_keys_former[%d]", i))
		if err != nil {
			return nil, err
		}
		out = append(out, key)
	}
	return out, nil
}

// checkArchiveKeys reads the keys that the configuration names, and makes
// none.
func checkArchiveKeys(cfg *config.Trust) error {
	_, err := formerKeys(cfg)
	if cfg.Secrets.ArchiveKey == "" {
		return err
	}
	_, own := givenKey(cfg, cfg.Secrets.ArchiveKey, "secrets.archive_key")
	return errors.Join(own, err)
}

// trustKey is a trust's own key by reference, else one that is made once and
// kept in the data folder.
func trustKey(hub *config.Hub, cfg *config.Trust, ref config.Ref, name string) ([]byte, error) {
	if ref != "" {
		return givenKey(cfg, ref, "secrets."+name+"_key")
	}
	file := filepath.Join(hub.Data, "secrets", cfg.ODS+"."+name+".key")
	text, err := os.ReadFile(file)
	if err == nil {
		return decodeKey(string(text), file)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, fault.Wrap(err, fault.Invalid, "secret_unreadable", "The %s key cannot be read. Give the hub's account the right to read it.", name).At(file)
	}
	key := make([]byte, 32)
	if _, err := rand.Read(key); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return nil, err
	}
	// Two processes that start together must end with one key: the link
	// fails for the second, which then reads the first one's.
	tmp := file + "." + hex.EncodeToString(key[:4])
	if err := writeDurably(tmp, hex.EncodeToString(key)+"\n"); err != nil {
		return nil, err
	}
	defer os.Remove(tmp)
	if err := os.Link(tmp, file); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	if err := syncFolder(filepath.Dir(file)); err != nil {
		return nil, err
	}
	if text, err = os.ReadFile(file); err != nil {
		return nil, err
	}
	return decodeKey(string(text), file)
}

// writeDurably writes a file that a power cut does not take back: what is
// sealed with its key must not outlive it.
func writeDurably(name, text string) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Sync(), f.Close())
}

func syncFolder(name string) error {
	d, err := os.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// givenKey is a key that the trust's configuration names.
func givenKey(cfg *config.Trust, ref config.Ref, where string) ([]byte, error) {
	text, err := ref.Resolve(cfg.Dir)
	if err != nil {
		return nil, err
	}
	return decodeKey(text, where)
}

func decodeKey(text, where string) ([]byte, error) {
	key, err := hex.DecodeString(strings.TrimSpace(text))
	if err != nil || len(key) != 32 {
		return nil, fault.New(fault.Invalid, "key_invalid", "A key must be 32 bytes, written as 64 hexadecimal digits. Make one with `openssl rand -hex 32`.").At(where)
	}
	return key, nil
}
