package console

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"github.com/stockwell-hub/stockwell/domain/journal"
	"github.com/stockwell-hub/stockwell/internal/fault"
)

// How much a page shows at once.
const (
	messagesShown = 50
	stockShown    = 100
	ordersShown   = 100
)

// How often the status page asks again, in seconds.
const (
	refreshUsual = 10
	refreshLeast = 2
	refreshMost  = 3600
)

// trust gives the trust in r's path, which must be one of the hub's.
func (c *console) trust(r *http.Request) (string, error) {
	code := r.PathValue("trust")
	all, err := c.Trusts(r.Context())
	if err != nil {
		return "", err
	}
	if !slices.Contains(all, code) {
		return "", fault.New(fault.NotFound, "trust_not_found", "There is no trust %q on this hub. The start page lists those that there are.", short(code, 12))
	}
	return code, nil
}

// home is the status of the one trust, or the list of trusts.
func (c *console) home(r *http.Request) (templ.Component, error) {
	all, err := c.Trusts(r.Context())
	if err != nil {
		return nil, err
	}
	if len(all) == 1 {
		return c.statusOf(r, all[0])
	}
	return trustsPage(c.page("Trusts"), all), nil
}

// status is one trust at a glance.
func (c *console) status(r *http.Request) (templ.Component, error) {
	trust, err := c.trust(r)
	if err != nil {
		return nil, err
	}
	if to := address(trust); r.URL.EscapedPath() != string(to) {
		return nil, moved(to)
	}
	return c.statusOf(r, trust)
}

func (c *console) statusOf(r *http.Request, trust string) (templ.Component, error) {
	every, err := refresh(r)
	if err != nil {
		return nil, err
	}
	s, err := c.Status(r.Context(), trust)
	if err != nil {
		return nil, err
	}
	p := c.of(trust, "status", "Status")
	p.Crumbs, p.Refresh = nil, every
	return statusPage(p, s, needs(s, p)), nil
}

// refresh reads ?refresh=: seconds, or 0 for never.
func refresh(r *http.Request) (int, error) {
	asked := r.URL.Query().Get("refresh")
	if asked == "" {
		return refreshUsual, nil
	}
	n, err := strconv.Atoi(asked)
	if err != nil || n != 0 && (n < refreshLeast || n > refreshMost) {
		return 0, fault.New(fault.Invalid, "bad_refresh", "refresh is a number of seconds from %d to %d, or 0 to stop the page from refreshing.", refreshLeast, refreshMost).At("refresh")
	}
	return n, nil
}

// messages lists a trust's messages, newest first.
func (c *console) messages(r *http.Request) (templ.Component, error) {
	trust, err := c.trust(r)
	if err != nil {
		return nil, err
	}
	q := r.URL.Query()
	f := journal.Filter{State: q.Get("state"), Type: strings.TrimSpace(q.Get("type")), ControlID: strings.TrimSpace(q.Get("control_id")), Limit: messagesShown + 1}
	if _, ok := messageStates[f.State]; f.State != "" && !ok {
		return nil, fault.New(fault.Invalid, "bad_state", "There is no such state of a message. Choose one of: %s.", strings.Join(stateOrder, ", ")).At("state")
	}
	if b := q.Get("before"); b != "" {
		if f.Before, err = identifier("before", b); err != nil {
			return nil, err
		}
	}
	all, err := c.Messages(r.Context(), trust, f)
	if err != nil {
		return nil, err
	}
	older := templ.SafeURL("")
	p := c.of(trust, "messages", "Messages")
	if len(all) > messagesShown {
		all = all[:messagesShown]
		older = query(p.to("messages"), "state", f.State, "type", f.Type, "control_id", f.ControlID, "before", strconv.FormatInt(all[len(all)-1].ID, 10))
	}
	return messagesPage(p, f, all, older), nil
}

// chain is one message and all that it brought about.
func (c *console) chain(r *http.Request) (templ.Component, error) {
	trust, err := c.trust(r)
	if err != nil {
		return nil, err
	}
	id, err := identifier("message", r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	ch, err := c.Chain(r.Context(), trust, id)
	if err != nil {
		return nil, err
	}
	return chainPage(c.of(trust, "messages", "Message "+strconv.FormatInt(id, 10)).under("Messages", "messages"), ch), nil
}

// identifier reads a number that names something.
func identifier(name, s string) (int64, error) {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n <= 0 {
		return 0, fault.New(fault.NotFound, "not_a_number", "The number of a message is written in digits, as in /messages/12.").At(name)
	}
	return n, nil
}

// orders lists a trust's orders, newest first.
func (c *console) orders(r *http.Request) (templ.Component, error) {
	trust, err := c.trust(r)
	if err != nil {
		return nil, err
	}
	all, err := c.Orders(r.Context(), trust, ordersShown+1)
	if err != nil {
		return nil, err
	}
	more := len(all) > ordersShown
	return ordersPage(c.of(trust, "orders", "Orders"), all[:min(len(all), ordersShown)], more), nil
}

// order is one order with its lines, its file and its answer.
func (c *console) order(r *http.Request) (templ.Component, error) {
	trust, err := c.trust(r)
	if err != nil {
		return nil, err
	}
	o, err := c.Order(r.Context(), trust, r.PathValue("number"))
	if err != nil {
		return nil, err
	}
	return orderPage(c.of(trust, "orders", "Order "+o.Number).under("Orders", "orders"), o), nil
}
