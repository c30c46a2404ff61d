package identity_test

import (
	"testing"

	"github.com/stockwell-hub/stockwell/domain/identity"
)

var vault = identity.NewVault([]byte("0123456789abcdef0123456789abcdef"))

func TestPseudonym_SpellingsOfOneNHSNumberAreOnePatient(t *testing.T) {
	t.Parallel()
	want := vault.Pseudonym(identity.Identifier{Type: "NH", Authority: "NHS", Value: "9990000018"})
	for _, i := range []identity.Identifier{
		{Type: "NH", Authority: "NHS", Value: "999 000 0018"}, {Type: "NH", Authority: "TRUST", Value: "999-000-0018"}, {Type: "NHS", Value: " 9990000018 "},
		{Type: "MR", Authority: "NHS", Value: "999\u00a0000\u00a00018"}, {Type: "NH", Value: "999\u2013000\u20130018"}, {Type: "NH", Value: "999.000.0018"},
	} {
		if vault.Pseudonym(i) != want {
			t.Errorf("%+v is somebody else", i)
		}
	}
}

func TestPseudonym_OtherIdentifiersBelongToTheirIssuer(t *testing.T) {
	t.Parallel()
	one := identity.Identifier{Type: "MR", Authority: "RH8", Value: "a 1"}
	for _, same := range []identity.Identifier{{Type: "mr", Authority: "rh8", Value: "A1"}, {Type: "MR", Authority: "RH8", Value: " A1 "}} {
		if vault.Pseudonym(one) != vault.Pseudonym(same) {
			t.Errorf("%+v is somebody else", same)
		}
	}
	for _, other := range []identity.Identifier{{Type: "MR", Authority: "RH9", Value: "A1"}, {Type: "PI", Authority: "RH8", Value: "A1"}, {Type: "MR", Authority: "RH8", Value: "A-1"}} {
		if vault.Pseudonym(one) == vault.Pseudonym(other) {
			t.Errorf("%+v is the same patient", other)
		}
	}
	if identity.NewVault([]byte("another key that is 32 bytes long")).Pseudonym(one) == vault.Pseudonym(one) {
		t.Error("another key gives the same pseudonym")
	}
}

func TestEmpty_AnIdentifierWithoutValueNamesNobody(t *testing.T) {
	t.Parallel()
	for _, i := range []identity.Identifier{{Type: "MR", Authority: "RH8"}, {Type: "MR", Authority: "RH8", Value: " \t"}, {Type: "NH", Value: "-"}} {
		if !i.Empty() {
			t.Errorf("%+v names somebody", i)
		}
	}
	if (identity.Identifier{Type: "MR", Value: "-"}).Empty() {
		t.Error("a local identifier is what its issuer says")
	}
}

func TestSurvivor_FollowsChainsAndEndsInRings(t *testing.T) {
	t.Parallel()
	m := identity.Merges{1: 2, 2: 3, 4: 5, 5: 4}
	for p, want := range map[identity.Patient]identity.Patient{1: 3, 2: 3, 3: 3, 9: 9, 0: 0} {
		if got := m.Survivor(p); got != want {
			t.Errorf("%d is read as %d, want %d", p, got, want)
		}
	}
	if got := m.Survivor(4); got != 4 && got != 5 {
		t.Errorf("a ring ends in %d", got)
	}
}

func TestTestPatients_AreListedOrHaveA999Number(t *testing.T) {
	t.Parallel()
	tests := identity.NewTestPatients([]string{" test 1 ", "", "9434765919"})
	for _, c := range []struct {
		id   identity.Identifier
		want bool
	}{
		{identity.Identifier{Type: "NH", Value: "999 000 0018"}, true}, {identity.Identifier{Type: "NH", Value: "999-000-0018"}, true},
		{identity.Identifier{Type: "MR", Value: "9990000018"}, false}, {identity.Identifier{Type: "NH", Value: "9449305552"}, false},
		{identity.Identifier{Type: "MR", Value: "Test1"}, true}, {identity.Identifier{Type: "MR", Value: "TEST 1"}, true},
		{identity.Identifier{Type: "NH", Value: "943 476 5919"}, true}, {identity.Identifier{Type: "MR", Value: ""}, false},
	} {
		if got := tests.Is([]identity.Identifier{{Type: "MR", Value: "real"}, c.id}); got != c.want {
			t.Errorf("%+v: test patient %v", c.id, got)
		}
	}
}
