package registry

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"time"
)

// Batch is a file of records as it leaves, with its manifest. Body is
// personal data; the manifest has none.
type Batch struct {
	Number int64
	// Name is the batch's, File the data file's.
	Name, File string
	// Profile is the mapping that laid it out.
	Profile        string
	Body, Manifest []byte
	Digest         [sha256.Size]byte
	CreatedAt      time.Time
	// Sent is set once both files stand at the registry.
	Sent bool
}

// manifest tells a registry what a batch's data file holds, so that it can
// tell a whole one from half.
type manifest struct {
	Batch       string `json:"batch"`
	File        string `json:"file"`
	Provider    string `json:"provider"`
	Environment string `json:"environment"`
	Layout      string `json:"layout"`
	Created     string `json:"created"`
	Records     int    `json:"records"`
	SHA256      string `json:"sha256"`
}

// ManifestName names a batch's manifest.
func ManifestName(batch string) string { return batch + ".manifest.json" }

// Seal completes a batch of so many records: its digest, and the manifest for
// the registry. layout is the profile by which it was laid out.
func (b *Batch) Seal(r Rules, layout string, records int) error {
	b.Digest = sha256.Sum256(b.Body)
	environment := "production"
	if r.Test {
		environment = "test"
	}
	text, err := json.MarshalIndent(manifest{
		Batch: b.Name, File: b.File, Provider: r.Provider, Environment: environment, Layout: layout, Created: b.CreatedAt.UTC().Format(time.RFC3339), Records: records, SHA256: hex.EncodeToString(b.Digest[:]),
	}, "", "  ")
	b.Manifest = append(text, '\n')
	return err
}
