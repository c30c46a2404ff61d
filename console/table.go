package console

import "github.com/a-h/templ"

// column is a table's column: its name, and whether it holds numbers.
type column struct {
	Name   string
	Number bool
}

// text and figures make columns of words and of numbers.
func text(name string) column    { return column{Name: name} }
func figures(name string) column { return column{Name: name, Number: true} }

// rowID gives a row an address on its page, so that the rest of the chain can
// lead to it; none if it needs none.
func rowID(id string) templ.Attributes {
	if id == "" {
		return nil
	}
	return templ.Attributes{"id": id, "tabindex": "-1"}
}

// fullTitle is what a browser's tab shows.
func fullTitle(p page) string {
	if p.Trust == "" {
		return p.Title + " - Stockwell"
	}
	return p.Title + " - " + p.Trust + " - Stockwell"
}

// fragment is the address of a row or section on the same page.
func fragment(id string) templ.SafeURL { return templ.SafeURL("#" + id) }
