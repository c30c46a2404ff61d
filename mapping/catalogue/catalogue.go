// Package catalogue reads the profiles of catalogue files: how a feed's file
// is laid out, whose word it is, and what its columns and codes mean. A new
// feed is a YAML file and no Go.
//
// What a catalogue's rows must be like, and where they are kept, do not belong
// here.
package catalogue

import (
	"bytes"
	"embed"
	"errors"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"

	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/schemas/flatfile"
)

//go:embed profiles
var shipped embed.FS

// Profile is how one kind of catalogue file is read.
type Profile struct {
	// Ref is the profile's name and version, as "nhs-supply-chain-full/v1".
	Ref string `yaml:"-"`

	Profile string `yaml:"profile"`
	Version int    `yaml:"version"`
	About   string `yaml:"about"`
	// Scope is national, or trust for a file of a trust's own items.
	Scope string `yaml:"scope"`
	// Source names whose word it is. Files of one source change the same
	// products, whatever their profile.
	Source string `yaml:"source"`
	// Rank is whose word is shown first where sources speak of one product: the
	// lowest.
	Rank int16 `yaml:"rank"`
	// KeyKind is what the source's own keys are: npc, gtin, di, mpc or erp.
	KeyKind string `yaml:"key_kind"`
	// Mode is full for a file that tells of every product, delta for one that
	// tells of what changed.
	Mode string `yaml:"mode"`
	// Whole says how a file is known to be whole: by its trailer, by a marker
	// (an empty file NAME.done beside it), or by its size, which must not
	// change while it is read.
	Whole string `yaml:"whole"`
	// Packs is absolute if a pack's size counts base units, nested if it counts
	// the packs of the level below.
	Packs string `yaml:"packs"`
	// Rows is product for a row a product, pack for a row a pack level; those
	// of one product then follow each other.
	Rows string `yaml:"rows"`

	Delimiter string   `yaml:"delimiter"`
	Encoding  string   `yaml:"encoding"`
	Header    *bool    `yaml:"header"`
	Trailer   []string `yaml:"trailer"`
	// Set gives fields the same value in every row, as currency: GBP.
	Set     map[string]string `yaml:"set"`
	Columns []Column          `yaml:"columns"`
}

// Column is one column of the file.
type Column struct {
	Name    string   `yaml:"name"`
	Aliases []string `yaml:"aliases"`
	// Field is what the column tells; empty is not read.
	Field string `yaml:"field"`
	// Format is the cell's, as in a layout: "date:DD/MM/YYYY".
	Format   string `yaml:"format"`
	Required bool   `yaml:"required"`
	// Table translates the cell's text, without regard to case; "*" is any
	// other, and without it one that is not listed is refused.
	Table map[string]string `yaml:"table"`
}

// Refs lists the shipped profiles.
func Refs() []string {
	files, _ := fs.Glob(shipped, "profiles/*/*/profile.yaml")
	for i, f := range files {
		files[i] = strings.TrimSuffix(strings.TrimPrefix(f, "profiles/"), "/profile.yaml")
	}
	return files
}

// Shipped gives a profile by its name and version; without a version, the
// newest.
func Shipped(ref string) (*Profile, error) {
	if !strings.Contains(ref, "/") {
		for _, r := range Refs() {
			if strings.HasPrefix(r, ref+"/") {
				ref = r
			}
		}
	}
	raw, err := Text(ref)
	if err != nil {
		return nil, err
	}
	p, err := Read(ref+"/profile.yaml", []byte(raw))
	if err == nil && p.Ref != ref {
		return nil, fault.New(fault.Invalid, "profile_misnamed", "The profile and version that the file gives do not match its folder %s.", ref)
	}
	return p, err
}

// Text gives a shipped profile's file.
func Text(ref string) (string, error) {
	raw, err := shipped.ReadFile("profiles/" + ref + "/profile.yaml")
	if err != nil {
		return "", fault.New(fault.NotFound, "profile_unknown", "There is no catalogue profile %q. There are: %s. A file of your own is named with its ending .yaml.", ref, strings.Join(Refs(), ", "))
	}
	return string(raw), nil
}

// Read reads a profile; name is the file's, for messages. Every problem is
// given, joined.
func Read(name string, raw []byte) (*Profile, error) {
	p := &Profile{}
	d := yaml.NewDecoder(bytes.NewReader(raw), yaml.Strict())
	if err := d.Decode(p); err != nil {
		text, line := "check indentation, quotes and keys", 0
		if bad := yaml.Error(nil); errors.As(err, &bad) && bad.GetToken() != nil {
			text, line = bad.GetMessage(), bad.GetToken().Position.Line
		}
		return nil, fault.New(fault.Invalid, "profile_unreadable", "The profile cannot be read: %s.", text).At(name + ":" + strconv.Itoa(line))
	}
	p.Ref = p.Profile + "/v" + strconv.Itoa(p.Version)
	p.defaults()
	return p, p.check(name)
}

func (p *Profile) defaults() {
	for _, d := range []struct {
		field *string
		value string
	}{{&p.Scope, "national"}, {&p.Mode, "full"}, {&p.Whole, "size"}, {&p.Packs, "absolute"}, {&p.Rows, "product"}} {
		if *d.field == "" {
			*d.field = d.value
		}
	}
	if len(p.Trailer) > 0 && p.Whole == "size" {
		p.Whole = "trailer"
	}
	if p.Rank == 0 {
		p.Rank = 50
	}
}

func (p *Profile) check(name string) error {
	var problems []error
	bad := func(path, text string, args ...any) {
		problems = append(problems, fault.New(fault.Invalid, "profile_invalid", text, args...).At(name+": "+path))
	}
	among := func(path, value string, of ...string) {
		if !slices.Contains(of, value) {
			bad(path, "It is one of: %s.", strings.Join(of, ", "))
		}
	}
	if p.Profile == "" || p.Version < 1 {
		bad("profile", "A profile has a name and a version from 1.")
	}
	among("scope", p.Scope, "national", "trust")
	among("mode", p.Mode, "full", "delta")
	among("whole", p.Whole, "trailer", "marker", "size")
	among("packs", p.Packs, "absolute", "nested")
	among("rows", p.Rows, "product", "pack")
	if p.Scope == "national" {
		among("key_kind", p.KeyKind, "npc", "gtin", "di", "mpc", "erp")
		if p.Source == "" || strings.Trim(p.Source, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" || p.Source[0] < 'a' || len(p.Source) > 40 {
			bad("source", "A source has a name of small letters, digits and hyphens, as nhs-supply-chain.")
		}
	}
	if p.Whole == "trailer" && len(p.Trailer) == 0 {
		bad("trailer", "A file that is known by its trailer needs the trailer's cells.")
	}
	told := map[string]bool{}
	for _, c := range p.Columns {
		if c.Field != "" && told[c.Field] {
			bad("columns", "Two columns tell of %s.", c.Field)
		}
		told[c.Field] = true
	}
	for f := range p.Set {
		if told[f] {
			bad("set", "%s is set and a column tells of it, too.", f)
		}
	}
	if err := p.Layout().Validate(); err != nil {
		problems = append(problems, err)
	}
	return errors.Join(problems...)
}

// Layout is the file's, for package flatfile: its columns are those that are
// read, in the profile's order.
func (p *Profile) Layout() flatfile.Layout {
	l := flatfile.Layout{Delimiter: p.Delimiter, Encoding: p.Encoding, Header: p.Header == nil || *p.Header}
	if len(p.Trailer) > 0 {
		l.Trailer = &flatfile.Trailer{Cells: p.Trailer}
	}
	for _, c := range p.Columns {
		field := c.Field
		if field == "" {
			field = "(" + c.Name + ")"
		}
		l.Columns = append(l.Columns, flatfile.Column{Name: c.Name, Aliases: c.Aliases, Field: field, Format: c.Format, Required: c.Required})
	}
	return l
}

// Translate gives what a cell means by the column's table; ok is false if it
// is not listed.
func (c *Column) Translate(cell string) (value string, ok bool) {
	if len(c.Table) == 0 || cell == "" {
		return cell, true
	}
	if v, listed := c.Table[cell]; listed {
		return v, true
	}
	cell = strings.TrimSpace(cell)
	for from, to := range c.Table {
		if strings.EqualFold(from, cell) {
			return to, true
		}
	}
	v, listed := c.Table["*"]
	return v, listed
}

// Listed names what the column's table has, for messages.
func (c *Column) Listed() string {
	var all []string
	for from := range c.Table {
		if from != "*" {
			all = append(all, from)
		}
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}
