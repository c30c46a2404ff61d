// Package config reads the hub's configuration: stockwell.yaml for the
// installation and a folder under trusts/ for each trust. It is strict. A key
// that it does not know, a value that it cannot use and a reference to
// something undefined are problems with file, line and what to do, and all
// problems of all files are told at once.
//
// Each setting is declared once, beside its Go field: the comment is its
// meaning, the tags are its key, unit, default, special values and rule.
// reference.md and schema.json are generated from that declaration.
//
// Reaching the systems that a configuration names, reading mappings and the
// demo's data files do not belong here.
package config

import "embed"

//go:generate go test -run ^TestGenerated -count=1 . -args -update

// Demo is the configuration of the fictional trust ZZ1 with its data files,
// as it stands in this folder. The demo writes a copy of it and adds the
// secrets, which are in no repository.
//
//go:embed stockwell.yaml trusts/ZZ1
var Demo embed.FS
