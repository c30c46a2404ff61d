package console

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

func TestEveryPage_CanBeReadWithoutSight(t *testing.T) {
	h := pages(busy())
	for _, path := range everyPage {
		doc := open(t, h, path)
		if lang := attr(all(doc, "html")[0], "lang"); lang != "en-GB" {
			t.Errorf("%s: language %q", path, lang)
		}
		for _, landmark := range []string{"header", "main", "footer", "title", "nav"} {
			if len(all(doc, landmark)) == 0 {
				t.Errorf("%s has no %s", path, landmark)
			}
		}
		level := 0
		for _, n := range all(doc, "h1", "h2", "h3", "h4") {
			at := int(n.Data[1] - '0')
			if at > level+1 || at == 1 && level > 0 {
				t.Errorf("%s: heading %q is of level %d after %d", path, said(n), at, level)
			}
			level = at
		}
		for _, n := range all(doc, "table") {
			if c := all(n, "caption"); len(c) != 1 || said(c[0]) == "" {
				t.Errorf("%s: a table has no caption", path)
			}
			for _, th := range all(n, "th") {
				if attr(th, "scope") == "" || said(th) == "" {
					t.Errorf("%s: a table heading has no scope or no text", path)
				}
			}
		}
		for _, n := range all(doc, "a") {
			if said(n) == "" {
				t.Errorf("%s: link to %s has no text", path, attr(n, "href"))
			}
		}
	}
}

func TestEveryPage_SaysInWordsWhatItColours(t *testing.T) {
	h := pages(busy())
	for _, path := range everyPage {
		for _, n := range all(open(t, h, path), "strong") {
			if strings.Contains(attr(n, "class"), "nhsuk-tag") && said(n) == "" {
				t.Errorf("%s: a tag has a colour and no word", path)
			}
		}
	}
}

func TestEveryPage_LabelsItsFormsAndItsPlaces(t *testing.T) {
	h := pages(busy())
	for _, path := range everyPage {
		doc := open(t, h, path)
		ids := map[string]int{}
		labelled := map[string]bool{}
		for _, n := range all(doc) {
			if id := attr(n, "id"); id != "" {
				ids[id]++
			}
			if n.Data == "label" {
				labelled[attr(n, "for")] = true
			}
		}
		for id, n := range ids {
			if n > 1 {
				t.Errorf("%s: id %q stands %d times", path, id, n)
			}
		}
		for _, n := range all(doc, "input", "select") {
			if !labelled[attr(n, "id")] {
				t.Errorf("%s: field %q has no label", path, attr(n, "name"))
			}
		}
		for _, n := range all(doc) {
			if to, ok := strings.CutPrefix(attr(n, "href"), "#"); ok && ids[to] == 0 {
				t.Errorf("%s: link to #%s leads nowhere", path, to)
			}
			if by := attr(n, "aria-labelledby"); by != "" && ids[by] == 0 {
				t.Errorf("%s: labelled by %q, which is not there", path, by)
			}
		}
	}
}

func TestEveryPage_NeedsNoScriptAndNothingFromOutside(t *testing.T) {
	h := pages(busy())
	for _, path := range everyPage {
		for _, n := range all(open(t, h, path)) {
			if n.Data == "script" || n.Data == "style" || n.Data == "iframe" {
				t.Errorf("%s has a %s", path, n.Data)
			}
			for _, a := range n.Attr {
				if a.Key == "style" || strings.HasPrefix(a.Key, "on") {
					t.Errorf("%s: %s has %s", path, n.Data, a.Key)
				}
				if (a.Key == "href" || a.Key == "src" || a.Key == "action") && !strings.HasPrefix(a.Val, "/") && !strings.HasPrefix(a.Val, "#") {
					t.Errorf("%s leads outside: %s", path, a.Val)
				}
			}
		}
	}
}

// The chain is linked both ways: whoever starts at the status page reaches
// everything, and every link on the way leads to a page.
func TestEveryLink_LeadsToAPage(t *testing.T) {
	h := pages(busy())
	seen := map[string]bool{}
	todo := []string{"/"}
	for len(todo) > 0 {
		path := todo[0]
		todo = todo[1:]
		doc := open(t, h, path)
		for _, n := range all(doc, "a", "link") {
			u, err := url.Parse(attr(n, "href"))
			if err != nil {
				t.Fatalf("%s: %v", path, err)
			}
			to := u.EscapedPath()
			if to == "" || seen[to] {
				continue
			}
			seen[to] = true
			if n.Data == "a" {
				todo = append(todo, to)
			} else if code := get(h, to).Code; code != http.StatusOK {
				t.Errorf("%s asks for %s: %d", path, to, code)
			}
		}
	}
	for _, to := range []string{"/ZZ1/messages/12", "/ZZ1/messages/15", "/ZZ1/orders/PO-000017", "/ZZ1/stock/THEATRE-1/HIP-STEM-12", "/ZZ1/stock/THEATRE-2/A%2FB%201"} {
		if !seen[to] {
			t.Errorf("no page leads to %s", to)
		}
	}
}
