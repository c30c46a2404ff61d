package console

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// everyPage lists a page of each kind, as a busy hub shows it.
var everyPage = []string{
	"/ZZ1/catalogue", "/ZZ1/catalogue?q=femral+stem", "/ZZ1/catalogue?q=nothing", "/ZZ1/catalogue/entry?code=FAB1234&on=2026-03-03",
	"/", "/ZZ1/", "/ZZ1/messages", "/ZZ1/messages?state=stopped&type=DFT%5EP03", "/ZZ1/messages/12", "/ZZ1/messages/15", "/ZZ1/messages/16", "/ZZ1/messages/19", "/ZZ1/messages/20",
	"/ZZ1/cases", "/ZZ1/cases?show=open&place=THEATRE-1&on=2026-03-09", "/ZZ1/cases?show=reconcile", "/ZZ1/cases/7", "/ZZ1/cases/7?line=55", "/ZZ1/cases/8",
	"/ZZ1/stock", "/ZZ1/stock?below=1&q=hip", "/ZZ1/stock?q=nothing+like+it", "/ZZ1/stock/THEATRE-1/HIP-STEM-12", "/ZZ1/stock/THEATRE-2/A%2FB%201", "/ZZ1/orders", "/ZZ1/orders/PO-000017", "/ZZ1/orders/PO-000018",
}

// get asks h for a page.
func get(h http.Handler, path string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	return w
}

// open gets a page that must be there, and parses it.
func open(t *testing.T, h http.Handler, path string) *html.Node {
	t.Helper()
	w := get(h, path)
	if w.Code != http.StatusOK {
		t.Fatalf("%s: status %d, want 200\n%s", path, w.Code, w.Body)
	}
	doc, err := html.Parse(w.Body)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return doc
}

// attr gives an attribute's value.
func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// all gives the elements of these names, in the document's order; no name
// gives all.
func all(n *html.Node, names ...string) []*html.Node {
	var out []*html.Node
	for d := range n.Descendants() {
		if d.Type != html.ElementNode {
			continue
		}
		for _, name := range names {
			if d.Data == name {
				out = append(out, d)
			}
		}
		if len(names) == 0 {
			out = append(out, d)
		}
	}
	return out
}

// said is the text that people read, with single blanks.
func said(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
			b.WriteByte(' ')
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// must fails unless text holds every one of want.
func must(t *testing.T, where, text string, want ...string) {
	t.Helper()
	for _, w := range want {
		if !strings.Contains(text, w) {
			t.Errorf("%s does not say %q:\n%s", where, w, text)
		}
	}
}
