package main

import (
	"fmt"
	"runtime"

	"github.com/stockwell-hub/stockwell/store"
)

type versionCmd struct{}

// Run prints the version.
func (versionCmd) Run(a *app) error {
	if a.JSON {
		return a.printJSON(map[string]any{"version": version, "database_version": store.Version(), "go": runtime.Version(), "platform": runtime.GOOS + "/" + runtime.GOARCH})
	}
	fmt.Fprintf(a.out, "stockwell %s (database version %d, %s, %s/%s)\n", version, store.Version(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return nil
}
