package udi

import (
	_ "embed"
	"strings"
)

//go:embed codelists.txt
var codeListText string

// codeLists are the lists of codelists.txt by their names.
var codeLists = func() map[string]map[string]bool {
	lists, name := map[string]map[string]bool{}, ""
	for line := range strings.Lines(codeListText) {
		if line[0] == '#' {
			continue
		}
		for _, word := range strings.Fields(line) {
			if word[0] == '[' {
				name = strings.Trim(word, "[]")
				lists[name] = map[string]bool{}
				continue
			}
			lists[name][word] = true
		}
	}
	return lists
}()

var countries, countryLetters, currencies, packages = codeLists["country"], codeLists["alpha2"], codeLists["currency"], codeLists["package"]
