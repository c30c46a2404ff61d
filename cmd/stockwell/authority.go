package main

import (
	"slices"
	"strings"

	"github.com/stockwell-hub/stockwell/domain/inventory"
	"github.com/stockwell-hub/stockwell/domain/theatre"
)

// authority says whose word counts for use at each place: as the trust
// declares it, else connectors in the order in which they are listed.
func (t *trust) authority(places map[string]inventory.PlaceID) func(inventory.PlaceID) theatre.Authority {
	var names []string
	for _, c := range t.cfg.Connectors {
		if m, err := t.mappings.of(c.Name); err == nil {
			for _, voice := range m.Sources() {
				names = append(names, c.Name+"."+voice)
			}
		}
		names = append(names, c.Name)
	}
	otherwise := theatre.Authority{Rank: rankOf(names)}
	at := map[inventory.PlaceID]theatre.Authority{}
	for _, a := range t.cfg.Authority {
		declared := theatre.Authority{Rank: rankOf(a.Sources), Adds: adds(a.Sources)}
		for _, code := range a.Places {
			at[places[code]] = declared
		}
		if len(a.Places) == 0 {
			otherwise = declared
		}
	}
	return func(p inventory.PlaceID) theatre.Authority {
		if a, ok := at[p]; ok && p != 0 {
			return a
		}
		return otherwise
	}
}

// rankOf orders sources as listed; a voice of a listed connector ranks with
// it, and who is not listed comes last.
func rankOf(listed []string) theatre.Rank {
	rank := map[string]int{}
	for i, s := range listed {
		rank[s] = i
	}
	return func(source string) int {
		connector, _, _ := strings.Cut(source, ".")
		for _, name := range []string{source, connector} {
			if r, ok := rank[name]; ok {
				return r
			}
		}
		return len(rank)
	}
}

// adds tells which sources may tell of use that no other tells of. What a
// person records is never refused.
func adds(listed []string) func(string) bool {
	return func(source string) bool {
		connector, _, _ := strings.Cut(source, ".")
		return source == personSource || slices.Contains(listed, source) || slices.Contains(listed, connector)
	}
}

// personSource is who tells what a person recorded.
const personSource = "person"
