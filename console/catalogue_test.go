package console

import (
	"net/http"
	"strings"
	"testing"
)

func TestCatalogue_FindsMistypedWordsAndSaysHowTheyWereRead(t *testing.T) {
	h := pages(busy())
	page := get(h, "/ZZ1/catalogue?q=femral+stem&page=2").Body.String()
	for _, want := range []string{"“femral” is read as femoral.", "HIP-STEM-12", "a pack of 5", "nhs-supply-chain", "&lt;b&gt;Femoral", "page=1", "page=3", "code=FAB1234"} {
		if !strings.Contains(page, want) {
			t.Errorf("the answers do not have %q", want)
		}
	}
	if strings.Contains(page, "<b>Femoral") {
		t.Error("a feed's text is taken for HTML")
	}
}

func TestCatalogue_ShowsWhatWaitsAndWhatWasLoaded(t *testing.T) {
	page := get(pages(busy()), "/ZZ1/catalogue").Body.String()
	for _, want := range []string{"The pack holds 5 base units", "stockwell catalogue close NUMBER", "Waits for a person", "199 of 199", "accepted by B. Buyer", "Only the oldest 20"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not have %q", want)
		}
	}
}

func TestCatalogueEntry_TellsThePriceOfADayAndThatAClinicianChooses(t *testing.T) {
	page := get(pages(busy()), "/ZZ1/catalogue/entry?code=FAB1234&on=2026-03-03").Body.String()
	for _, want := range []string{"Price on 2026-03-03", "£600.00, £580.00 from 10 packs on for 1, without VAT", "for a clinician to choose", "FAB1235: direct alternative", "refused by C. Lead", "Suspended", "Conflict 3"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not have %q", want)
		}
	}
}

func TestCatalogue_RefusesWhatItCannotRead(t *testing.T) {
	h := pages(busy())
	for path, want := range map[string]int{"/ZZ1/catalogue?q=stem&page=x": http.StatusBadRequest, "/ZZ1/catalogue/entry?code=A&on=1st": http.StatusBadRequest, "/ZZ1/catalogue/entry": http.StatusNotFound, "/ZZ9/catalogue": http.StatusNotFound} {
		if got := get(h, path).Code; got != want {
			t.Errorf("%s: status %d, want %d", path, got, want)
		}
	}
}
