package console

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/stockwell-hub/stockwell/domain/journal"
)

// page is what every page's frame needs, and the clock its times are told by.
type page struct {
	Title   string
	Trust   string // empty where no trust is chosen
	Section string // of the navigation
	Crumbs  []crumb
	// Refresh is after how many seconds the browser asks again; 0 never.
	Refresh int
	Version string
	Now     time.Time
	// Conditions are told at the top: those of the hub, and of the trust.
	Conditions []journal.Condition
}

// crumb is one step of the way back.
type crumb struct {
	Text string
	Href templ.SafeURL
}

// page gives a page's frame. The trust is known only once it was checked, so
// error pages have none.
func (c *console) page(title string) page {
	p := page{Title: title, Version: c.Version, Now: c.Now().In(c.Zone)}
	return p.with(c.Conditions())
}

// with tells those conditions that concern the page's trust or the hub.
func (p page) with(all []journal.Condition) page {
	p.Conditions = nil
	for _, x := range all {
		if x.Trust == "" || x.Trust == p.Trust {
			p.Conditions = append(p.Conditions, x)
		}
	}
	return p
}

// tells reports whether the top of the page tells of a warning's kind.
func (p page) tells(kind string) bool {
	return slices.ContainsFunc(p.Conditions, func(c journal.Condition) bool { return c.Kind == kind })
}

// of gives the frame of a trust's page in a section of the navigation.
func (c *console) of(trust, section, title string) page {
	p := c.page(title)
	p.Trust, p.Section = trust, section
	p = p.with(c.Conditions())
	p.Crumbs = []crumb{{"Status", p.to()}}
	return p
}

// under adds a step to the way back.
func (p page) under(text string, parts ...string) page {
	p.Crumbs = append(p.Crumbs, crumb{text, p.to(parts...)})
	return p
}

// to is the address of one of the trust's pages; no parts give its status.
func (p page) to(parts ...string) templ.SafeURL {
	return address(p.Trust, parts...)
}

func address(trust string, parts ...string) templ.SafeURL {
	var b strings.Builder
	b.WriteString("/" + url.PathEscape(trust) + "/")
	for i, s := range parts {
		if i > 0 {
			b.WriteByte('/')
		}
		b.WriteString(url.PathEscape(s))
	}
	return templ.SafeURL(b.String())
}

// message is the address of a message's chain.
func (p page) message(id int64) templ.SafeURL { return p.to("messages", fmt.Sprint(id)) }

// order is the address of an order.
func (p page) order(number string) templ.SafeURL { return p.to("orders", number) }

// shelf is the address of an item's stock at a place.
func (p page) shelf(place, item string) templ.SafeURL { return p.to("stock", place, item) }

// query adds ?key=value pairs to an address, leaving empty values out.
func query(to templ.SafeURL, pairs ...string) templ.SafeURL {
	v := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			v.Set(pairs[i], pairs[i+1])
		}
	}
	if len(v) == 0 {
		return to
	}
	return to + templ.SafeURL("?"+v.Encode())
}

// when writes a time as people say it: the clock time for today, else with
// its date.
func (p page) when(t time.Time) string {
	t = t.In(p.Now.Location())
	if t.Year() == p.Now.Year() && t.YearDay() == p.Now.YearDay() {
		return "today " + t.Format("15:04:05")
	}
	return t.Format("2 January 2006, 15:04")
}

// ago writes how long ago a time was, to one unit.
func (p page) ago(t time.Time) string {
	d := p.Now.Sub(t)
	switch {
	case d < 2*time.Second:
		return "just now"
	case d < 2*time.Minute:
		return fmt.Sprintf("%d seconds ago", int(d.Seconds()))
	case d < 2*time.Hour:
		return fmt.Sprintf("%d minutes ago", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d hours ago", int(d.Hours()))
	default:
		return fmt.Sprintf("%d days ago", int(d.Hours()/24))
	}
}

// newest leads from a later part of the list of messages to its beginning.
func newest(p page, f journal.Filter) templ.SafeURL {
	if f.Before == 0 {
		return ""
	}
	return query(p.to("messages"), "state", f.State, "type", f.Type, "control_id", f.ControlID)
}

// madeBy says who decided an order.
func madeBy(o journal.Order) string {
	switch {
	case o.Imported:
		return "taken over when the hub began"
	case o.Automatic:
		return "by the hub, within the trust's limits"
	default:
		return "approved by a person"
	}
}
