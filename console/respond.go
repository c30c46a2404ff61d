package console

import (
	"bytes"
	"crypto/rand"
	"net/http"
	"strconv"

	"github.com/a-h/templ"

	"github.com/stockwell-hub/stockwell/internal/fault"
)

// screen reads what a page shows and gives the page. A redirect is a moved.
type screen func(r *http.Request) (templ.Component, error)

// moved is an answer that sends the browser to another page of the hub.
type moved string

func (m moved) Error() string { return "see " + string(m) }

// policy lets a page use the hub's own stylesheets and images, send its
// filter form to the hub, and nothing else.
const policy = "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// guard sets the headers of every answer and refuses all methods that could
// change something.
func (c *console) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			h.Set("Allow", "GET, HEAD")
			c.write(w, r, http.StatusMethodNotAllowed, problemPage(c.page("Pages only read"), problem{
				Text: "The hub's pages change nothing. To change something, use the stockwell command."}))
			return
		}
		next.ServeHTTP(w, r)
	})
}

// serve answers with a screen's page, or with a page for its error.
func (c *console) serve(s screen) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r = c.withCommand(r)
		body, err := s(r)
		if to, ok := err.(moved); ok {
			http.Redirect(w, r, string(to), http.StatusSeeOther)
			return
		}
		if err != nil {
			c.fail(w, r, err)
			return
		}
		c.write(w, r, http.StatusOK, body)
	})
}

// write renders the whole page before the first byte leaves, so that nobody
// sees half a page.
func (c *console) write(w http.ResponseWriter, r *http.Request, status int, body templ.Component) {
	var b bytes.Buffer
	if err := body.Render(r.Context(), &b); err != nil {
		c.Log.Error("page not rendered", "path", r.URL.Path, "error", err)
		http.Error(w, "The page could not be written. Try again.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(b.Len()))
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(b.Bytes()) // the reader may have gone
	}
}

// problem is what an error page says. Reference is set where the text may not
// say what happened; it stands in the log.
type problem struct {
	Text, Reference string
}

// fail answers with the page of an error. Only a fault's own text is shown,
// and of a defect only a reference.
func (c *console) fail(w http.ResponseWriter, r *http.Request, err error) {
	f := fault.Of(err)
	status, title, p := http.StatusInternalServerError, "Something went wrong in the hub", problem{Text: f.Text}
	switch f.Kind {
	case fault.NotFound:
		status, title = http.StatusNotFound, "Page not found"
	case fault.Invalid, fault.Conflict:
		status, title = http.StatusBadRequest, "The address cannot be understood"
	case fault.Denied:
		status, title = http.StatusForbidden, "You may not see this page"
	case fault.Unavailable:
		status, title = http.StatusServiceUnavailable, "The hub cannot answer now"
		w.Header().Set("Retry-After", "10")
	default:
		p = problem{Text: "The page could not be made. Messages are still received and kept. Try again; if it happens again, give your support this reference.", Reference: rand.Text()[:10]}
		c.Log.Error("page failed", "path", r.URL.Path, "code", f.Code, "reference", p.Reference, "error", err)
	}
	c.write(w, r, status, problemPage(c.page(title), p))
}

// unknown is the answer to an address that is not a page.
func unknown(*http.Request) (templ.Component, error) {
	return nil, fault.New(fault.NotFound, "page_not_found", "The hub has no page at this address. If you typed it, check it; if you followed a link, what it led to may be gone.")
}
