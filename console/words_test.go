package console

import (
	"regexp"
	"slices"
	"testing"
)

// inner are words of the hub's own builders, which never reach a user.
var inner = regexp.MustCompile(`(?i)\b(lanes?|spine|payloads?|queue rows?|stock point|proposals?|quarantined message)\b|[@{}]|%!|<nil>`)

func TestPages_KeepTheBuildersWordsToThemselves(t *testing.T) {
	h := pages(busy())
	for _, path := range everyPage {
		if path == "/ZZ1/messages/19" {
			continue // its sender's own words hold a brace
		}
		text := said(open(t, h, path))
		for _, found := range inner.FindAllStringIndex(text, -1) {
			around := text[max(0, found[0]-40):min(len(text), found[1]+20)]
			if text[found[0]] == '@' && mapping.MatchString(around) {
				continue
			}
			t.Errorf("%s says %q", path, around)
		}
	}
}

// mapping is how a mapping and its version are named.
var mapping = regexp.MustCompile(`generic-theatre@1`)

func TestTerms_ListsEachWordOnceAndNoneOfTheBuilders(t *testing.T) {
	terms := Terms()
	if len(terms) < 10 {
		t.Fatalf("%d kinds of terms", len(terms))
	}
	for kind, list := range terms {
		if len(list) == 0 || len(slices.Compact(slices.Clone(list))) != len(list) {
			t.Errorf("%s: empty, or a word stands for two things: %q", kind, list)
		}
		for _, w := range list {
			if w == "" || inner.MatchString(w) {
				t.Errorf("%s: %q", kind, w)
			}
		}
	}
}

func TestWords_AnUnknownCodeIsShownAndNotHidden(t *testing.T) {
	if got := messageStates.of("some_new_state").Text; got != "Some new state" {
		t.Errorf("got %q", got)
	}
	if got := lineStates.of("").Text; got != "Not said" {
		t.Errorf("got %q", got)
	}
}

func TestStateOrder_OffersEveryState(t *testing.T) {
	if len(stateOrder) != len(messageStates) {
		t.Errorf("the filter offers %d of %d states", len(stateOrder), len(messageStates))
	}
	for _, s := range stateOrder {
		if _, ok := messageStates[s]; !ok {
			t.Errorf("state %q has no word", s)
		}
	}
}
