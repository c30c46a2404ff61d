package config

import (
	"fmt"
	"net"
	"slices"
	"strings"
)

// check reports what is wrong between the settings of one trust: names given
// twice, references to nothing, blocks that do not go together.
func (d *document) check(t *Trust) {
	d.checkPlaces(t.Places)
	d.checkNames("connectors", "name", "connector", names(t.Connectors, func(c Connector) string { return c.Name }))
	d.checkNames("suppliers", "code", "supplier", names(t.Suppliers, func(s Supplier) string { return s.Code }))
	for i, c := range t.Connectors {
		if at := fmt.Sprintf("connectors[%d].name", i); c.Name == "person" || c.Name == "import" {
			d.reportAt(at, "bad_value", "the name %q is the hub's own, for what a person tells and for imported files. Give the connector another.", c.Name)
		}
		d.checkConnector(fmt.Sprintf("connectors[%d]", i), t, c)
		d.checkServed(fmt.Sprintf("connectors[%d].places", i), c, t.Places)
	}
	d.checkPurchasing(t)
	d.checkRegistry(t)
}

func names[T any](list []T, name func(T) string) []string {
	all := make([]string, len(list))
	for i, entry := range list {
		all[i] = name(entry)
	}
	return all
}

// checkNames refuses a name that two entries of a list have.
func (d *document) checkNames(list, key, kind string, all []string) {
	first := map[string]string{}
	for i, name := range all {
		at := fmt.Sprintf("%s[%d].%s", list, i, key)
		if before, again := first[name]; again && name != "" {
			d.reportAt(at, "duplicate", "there is a %s %q in line %d already. Give each its own %s.", kind, printable(name), d.line(before), key)
			continue
		}
		first[name] = at
	}
}

// checkPlaces refuses a code or alias that two places have: a message that
// names it could then mean either. Capitals and small letters are the same.
func (d *document) checkPlaces(places []Place) {
	first := map[string]string{}
	note := func(at, code string) {
		if code == "" {
			return
		}
		if before, again := first[strings.ToUpper(code)]; again {
			d.reportAt(at, "duplicate", "the code %q names a place in line %d already. Each code and alias may name one place, once.", printable(code), d.line(before))
			return
		}
		first[strings.ToUpper(code)] = at
	}
	for i, p := range places {
		note(fmt.Sprintf("places[%d].code", i), p.Code)
	}
	for i, p := range places {
		for j, alias := range p.Aliases {
			note(fmt.Sprintf("places[%d].aliases[%d]", i, j), alias)
		}
	}
}

// checkServed refuses a place of a feed that is not among the trust's.
func (d *document) checkServed(at string, c Connector, places []Place) {
	if d.bad["places"] {
		return
	}
	all := names(places, func(p Place) string { return p.Code })
	for i, code := range c.Places {
		if path := fmt.Sprintf("%s[%d]", at, i); code != "" && !slices.Contains(all, code) && !d.bad[path] {
			d.reportAt(path, "unknown_reference", "there is no place %q%s", printable(code), suggest(code, all))
		}
	}
}

func (d *document) checkConnector(at string, t *Trust, c Connector) {
	type block struct {
		kind  string
		given bool
	}
	blocks := []block{{"mllp", c.MLLP != nil}, {"sftp", c.SFTP != nil}, {"fhir", c.FHIR != nil}}
	for _, b := range blocks {
		path := join(at, b.kind)
		switch {
		case b.kind == c.Type && !b.given && !d.bad[path]:
			d.reportAt(at, "missing_key", "the connector is of type %s and has no `%s` block. Add it.", c.Type, b.kind)
		case b.kind != c.Type && b.given && slices.ContainsFunc(blocks, func(x block) bool { return x.kind == c.Type }):
			d.reportAt(path, "contradiction", "the connector is of type %s; remove its `%s` block, or correct its type.", c.Type, b.kind)
		}
	}
	imported := c.SFTP != nil && c.SFTP.In != "" && Imported(c.SFTP.Type)
	switch mapping := join(at, "mapping"); {
	case d.bad[mapping]:
	case c.Mapping == "" && !imported:
		d.reportAt(at, "missing_key", "nothing says how what comes in is read. Add `mapping`, as `mapping: generic-theatre/v2`.")
	case c.Mapping != "" && imported:
		d.reportAt(mapping, "contradiction", "files of type %s have columns of their own. Remove `mapping`.", c.SFTP.Type)
	}
	if c.MLLP != nil {
		d.checkMLLP(join(at, "mllp"), c.MLLP)
	}
	if c.SFTP != nil {
		d.checkSFTP(join(at, "sftp"), c.SFTP)
	}
	if c.FHIR != nil {
		d.checkFHIR(join(at, "fhir"), t, c.FHIR)
	}
}

func (d *document) checkFHIR(at string, t *Trust, f *FHIR) {
	d.checkNames(join(at, "tokens"), "client", "client", names(f.Tokens, func(x FHIRToken) string { return x.Client }))
	if tokens := join(at, "tokens"); len(f.Tokens) == 0 && t.Environment != "test" && !d.bad[tokens] && !d.bad["environment"] {
		d.reportAt(at, "missing_key", "the connector has no `tokens`, so anyone could tell of use and read patients. Add one for each client, as `tokens: [{client: theatre, token: file:secrets/fhir-theatre.token}]`. Only with `environment: test` may there be none.")
	}
}

func (d *document) checkMLLP(at string, m *MLLP) {
	for _, key := range []string{"ack_timeout", "content_errors"} {
		if _, given := d.lines[join(at, key)]; given && m.Ack == "stored" {
			d.reportAt(join(at, key), "contradiction", "`%s` has an effect only with `ack: applied`. Remove it, or add that.", key)
		}
	}
	if m.TLS == nil {
		return
	}
	ca, names := join(at, "tls.client_ca"), join(at, "tls.client_names")
	switch {
	case d.bad[ca] || d.bad[names]:
	case m.TLS.ClientCA != "" && len(m.TLS.ClientNames) == 0:
		d.reportAt(ca, "missing_key", "senders need a certificate, and no name that it may have is given. Add `client_names`, as `client_names: [theatre.northmoor.example]`.")
	case m.TLS.ClientCA == "" && len(m.TLS.ClientNames) > 0:
		d.reportAt(names, "missing_key", "`client_names` needs `client_ca`: without it senders show no certificate. Add `client_ca`, as `client_ca: secrets/senders-ca.crt`.")
	}
}

func (d *document) checkSFTP(at string, s *SFTP) {
	password, key := join(at, "password"), join(at, "private_key")
	switch {
	case d.bad[password] || d.bad[key]:
	case s.Password == "" && s.PrivateKey == "":
		d.reportAt(at, "missing_key", "the connector has nothing to sign in with. Add `password` or `private_key`, as `password: file:secrets/erp.password`.")
	case s.Password != "" && s.PrivateKey != "":
		d.reportAt(key, "contradiction", "the connector has both `password` and `private_key`. Keep one.")
	}
	if s.In == "" {
		return
	}
	if _, given := d.lines[join(at, "marker")]; given && s.Whole != "marker" {
		d.reportAt(join(at, "marker"), "contradiction", "`marker` has an effect only with `whole: marker`. Remove it, or add that.")
	}
	if s.Profile != "" && s.Type != TypeCatalogue {
		d.reportAt(join(at, "profile"), "contradiction", "`profile` has an effect only with `type: %s`. Remove it, or correct the type.", TypeCatalogue)
	}
	if s.Whole == "trailer" && Imported(s.Type) {
		d.reportAt(join(at, "whole"), "contradiction", "files of type %s have no trailer. Choose stable or marker.", s.Type)
	}
	folders := []struct{ key, folder string }{{"processed", s.Processed}, {"rejected", s.Rejected}}
	for _, f := range folders {
		path := join(at, f.key)
		switch {
		case d.bad[path]:
		case f.folder == "":
			d.reportAt(join(at, "in"), "missing_key", "files are taken from `in`, so `%s` must say where they go afterwards. Add it, as `%s: %s/%s`.", f.key, f.key, printable(strings.TrimSuffix(s.In, "/")), f.key)
		case same(f.folder, s.In):
			d.reportAt(path, "contradiction", "`%s` is the same folder as `in`, so files would be taken again and again. Name another.", f.key)
		}
	}
	if s.Out != "" && same(s.Out, s.In) {
		d.reportAt(join(at, "in"), "contradiction", "`in` is the same folder as `out`, so the hub would take its own files. Name another.")
	}
}

func same(a, b string) bool { return strings.TrimRight(a, "/") == strings.TrimRight(b, "/") }

func (d *document) checkPurchasing(t *Trust) {
	at := join("purchasing", "connector")
	name := t.Purchasing.Connector
	if _, given := d.lines["purchasing"]; !given {
		if t.Policies != "" {
			d.reportAt("policies", "missing_key", "there are reorder points and no `purchasing` block, so nothing could be ordered. Add the block, or remove `policies`.")
		}
		return
	}
	if name == "" || d.bad[at] || d.bad["connectors"] {
		return
	}
	all := names(t.Connectors, func(c Connector) string { return c.Name })
	for i, c := range t.Connectors {
		switch {
		case c.Name != name:
			continue
		case c.Type == "mllp" || c.Type == "fhir":
			d.reportAt(at, "unknown_reference", "the connector %q is of type %s; orders leave by one of type sftp.", printable(name), c.Type)
		case c.SFTP != nil && c.SFTP.Out == "" && !d.bad[fmt.Sprintf("connectors[%d].sftp.out", i)]:
			d.reportAt(at, "unknown_reference", "the connector %q has no `out` folder, so orders cannot leave by it. Add `out` to its sftp block.", printable(name))
		}
		return
	}
	d.reportAt(at, "unknown_reference", "there is no connector %q%s", printable(name), suggest(name, all))
}

// clash reports whether two listeners cannot be open together.
func clash(a, b string) bool {
	hostA, portA, errA := net.SplitHostPort(a)
	hostB, portB, errB := net.SplitHostPort(b)
	if errA != nil || errB != nil || portA != portB || portA == "0" {
		return false
	}
	return hostA == hostB || everywhere(hostA) || everywhere(hostB)
}

func everywhere(host string) bool { return host == "" || host == "0.0.0.0" || host == "::" }
