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

func TestIdentifies_AnNHSNumberThatIsNoneNeverDoes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		id   identity.Identifier
		want bool
	}{
		{identity.Identifier{Type: "NH", Value: "999 000 0018"}, true}, {identity.Identifier{Type: "NH", Value: "999-000-0018"}, true},
		{identity.Identifier{Type: "NH", Value: "9990000019"}, false}, {identity.Identifier{Type: "NH", Value: "99900001"}, false},
		{identity.Identifier{Type: "NH", Value: "0000000000"}, false}, {identity.Identifier{Type: "NH", Value: "4444444444"}, false},
		{identity.Identifier{Type: "MR", Authority: "NHS", Value: "9990000019"}, false}, {identity.Identifier{Type: "NH"}, false},
		{identity.Identifier{Type: "MR", Authority: "T", Value: "9990000019"}, true}, {identity.Identifier{Type: "MR", Value: " "}, false},
	} {
		if c.id.Identifies() != c.want {
			t.Errorf("%+v identifies: %v", c.id, !c.want)
		}
	}
	bad := identity.Identifier{Type: "NH", Value: "9990000019"}
	if vault.Kept(bad, 1) == vault.Kept(bad, 2) || vault.Kept(bad, 1) == vault.Pseudonym(bad) {
		t.Error("a number that identifies nobody joins two patients")
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
