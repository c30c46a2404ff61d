package console

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"net/http"
	"path"
	"strings"
	"time"
)

//go:embed assets/*.css assets/*.svg
var files embed.FS

// The assets, by file name.
const (
	sheetNHS = "nhsuk-frontend-10.6.1.min.css"
	sheetOwn = "stockwell.css"
	icon     = "stockwell.svg"
)

// assets maps each asset's path, which holds a digest of its content, to the
// content. A new content has a new path, so browsers may keep the old one for
// ever.
var assets, assetPaths = readAssets()

func readAssets() (content map[string][]byte, paths map[string]string) {
	content, paths = map[string][]byte{}, map[string]string{}
	for _, name := range []string{sheetNHS, sheetOwn, icon} {
		body, err := files.ReadFile(path.Join("assets", name))
		if err != nil {
			panic("console: " + err.Error()) // the names above are those embedded
		}
		sum := sha256.Sum256(body)
		p := "/assets/" + hex.EncodeToString(sum[:6]) + "/" + name
		content[p], paths[name] = body, p
	}
	return content, paths
}

// asset answers with one embedded file.
func (c *console) asset(w http.ResponseWriter, r *http.Request) {
	body, ok := assets[r.URL.Path]
	if !ok {
		c.serve(unknown).ServeHTTP(w, r)
		return
	}
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	if strings.HasSuffix(r.URL.Path, ".svg") {
		w.Header().Set("Content-Type", "image/svg+xml")
	} else {
		w.Header().Set("Content-Type", "text/css; charset=utf-8")
	}
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
}
