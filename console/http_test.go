package console

import (
	"bytes"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/stockwell-hub/stockwell/internal/fault"
)

func TestPages_CarryTheHeadersThatProtectThem(t *testing.T) {
	h := pages(busy())
	for _, path := range append([]string{"/nowhere/at/all"}, everyPage...) {
		got := get(h, path).Header()
		for name, want := range map[string]string{
			"Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
			"X-Content-Type-Options":  "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "no-referrer", "Cache-Control": "no-store", "Content-Type": "text/html; charset=utf-8",
		} {
			if got.Get(name) != want {
				t.Errorf("%s: %s is %q, want %q", path, name, got.Get(name), want)
			}
		}
	}
}

func TestAssets_AreKeptForEverAndPointNowhereElse(t *testing.T) {
	h := pages(busy())
	for _, name := range []string{sheetNHS, sheetOwn, icon} {
		w := get(h, assetPaths[name])
		if w.Code != http.StatusOK || w.Body.Len() < 100 {
			t.Fatalf("%s: status %d, %d bytes", name, w.Code, w.Body.Len())
		}
		if got := w.Header().Get("Cache-Control"); got != "public, max-age=31536000, immutable" {
			t.Errorf("%s: Cache-Control %q", name, got)
		}
		body := strings.ReplaceAll(w.Body.String(), "http://www.w3.org/2000/svg", "")
		if found := regexp.MustCompile(`(?i)https?:|@font-face|@import|sourceMappingURL`).FindString(body); found != "" {
			t.Errorf("%s holds %q", name, found)
		}
	}
	for _, path := range []string{"/assets/000000000000/" + sheetOwn, "/assets/", "/assets/ORIGIN.md"} {
		if w := get(h, path); w.Code != http.StatusNotFound || w.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%s: status %d, %s", path, w.Code, w.Header().Get("Cache-Control"))
		}
	}
}

func TestUnknownAddresses_SayWhereToGo(t *testing.T) {
	h := pages(busy())
	for path, says := range map[string]string{
		"/nowhere/at/all": "no page at this address", "/RXX/": "no trust", "/RXX/messages": "no trust", "/RXX": "no trust", "/ZZ1/messages/99": "no message 99",
		"/ZZ1/messages/twelve": "written in digits", "/ZZ1/messages/-1": "written in digits", "/ZZ1/orders/PO-1": "no order PO-1", "/ZZ1/stock/NOWHERE/X": "no stock of X", "/ZZ1/stock/THEATRE-1": "no page", "/favicon.ico": "no trust",
	} {
		w := get(h, path)
		if w.Code != http.StatusNotFound {
			t.Errorf("%s: status %d, want 404", path, w.Code)
		}
		must(t, path, w.Body.String(), "Page not found", says, `href="/"`)
	}
}

func TestBadQuestions_AreAnsweredWithWhatIsAllowed(t *testing.T) {
	h := pages(busy())
	for path, says := range map[string]string{
		"/?refresh=soon": "refresh is a number of seconds", "/?refresh=1": "refresh is", "/ZZ1/messages?state=lost": "no such state", "/ZZ1/stock?from=0": "from 1",
	} {
		w := get(h, path)
		if w.Code != http.StatusBadRequest {
			t.Errorf("%s: status %d, want 400", path, w.Code)
		}
		must(t, path, w.Body.String(), says)
	}
}

func TestATrustWithoutItsSlash_LeadsToItsStatus(t *testing.T) {
	w := get(pages(busy()), "/ZZ1")
	if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/ZZ1/" {
		t.Errorf("status %d to %q", w.Code, w.Header().Get("Location"))
	}
}

func TestOnlyReading_IsAllowed(t *testing.T) {
	h := pages(busy())
	for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodOptions, "BREW"} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(method, "/ZZ1/messages/12", nil))
		if w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != "GET, HEAD" {
			t.Errorf("%s: status %d, Allow %q", method, w.Code, w.Header().Get("Allow"))
		}
	}
}

func TestHead_AnswersAsGetWithoutThePage(t *testing.T) {
	h := pages(busy())
	for _, path := range []string{"/", "/ZZ1/messages/12", "/nowhere/at/all"} {
		whole, w := get(h, path), httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodHead, path, nil))
		if w.Code != whole.Code || w.Body.Len() != 0 || w.Header().Get("Content-Length") != whole.Header().Get("Content-Length") {
			t.Errorf("%s: status %d, %d bytes, length %s", path, w.Code, w.Body.Len(), w.Header().Get("Content-Length"))
		}
	}
}

func TestErrors_ShowAReferenceAndNotTheInside(t *testing.T) {
	var log bytes.Buffer
	f := busy()
	f.fail = errTrusts
	h := New(f, Options{Log: slog.New(slog.NewTextHandler(&log, nil))})
	w := get(h, "/ZZ1/")
	if w.Code != http.StatusInternalServerError || strings.Contains(w.Body.String(), "secrets") {
		t.Fatalf("status %d:\n%s", w.Code, w.Body)
	}
	found := regexp.MustCompile(`Reference: <strong>([A-Z2-7]{10})</strong>`).FindStringSubmatch(w.Body.String())
	if found == nil || !strings.Contains(log.String(), "reference="+found[1]) {
		t.Errorf("the page's reference is not in the log: %v\n%s", found, log.String())
	}
}

func TestAnUnavailableStore_IsSaidInItsOwnWords(t *testing.T) {
	f := busy()
	f.fail = fault.Wrap(errors.New("dial unix /secret"), fault.Unavailable, "database_unreachable", "The database does not answer.")
	w := get(pages(f), "/ZZ1/orders")
	if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" {
		t.Errorf("status %d", w.Code)
	}
	must(t, "the page", w.Body.String(), "The database does not answer.")
	if strings.Contains(w.Body.String(), "/secret") {
		t.Error("the page shows the cause")
	}
}

func TestRefresh_CanBePausedAndIsOnTheStatusPageAlone(t *testing.T) {
	h := pages(busy())
	const meta = `http-equiv="refresh"`
	must(t, "the status page", get(h, "/").Body.String(), meta+` content="10"`, "Pause refreshing", `href="/ZZ1/?refresh=0"`)
	must(t, "the status page", get(h, "/ZZ1/?refresh=30").Body.String(), meta+` content="30"`)
	paused := get(h, "/ZZ1/?refresh=0").Body.String()
	must(t, "the paused page", paused, "does not refresh by itself", "Resume refreshing")
	for _, body := range []string{paused, get(h, "/ZZ1/messages").Body.String(), get(h, "/ZZ1/messages/12").Body.String()} {
		if strings.Contains(body, meta) {
			t.Error("the page refreshes by itself")
		}
	}
}
