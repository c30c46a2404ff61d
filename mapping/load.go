package mapping

import (
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	slash "path"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"

	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/schemas/canonical"
	"github.com/stockwell-hub/stockwell/schemas/flatfile"
)

// Load compiles the profile ref, as "generic-theatre/v1", from profiles/ref in
// profiles. Overlay names a file in the trust's folder that is laid over it;
// empty is none. Every problem is reported, joined, each a *fault.Error of
// kind Invalid with "file:line"; files of the profile are named ref/FILE,
// those of the trust by their path in its folder.
func Load(profiles fs.FS, ref string, trust fs.FS, overlay string) (*Mapping, error) {
	if _, err := fs.Stat(profiles, slash.Join("profiles", ref, "profile.yaml")); err != nil || !fs.ValidPath(ref) {
		return nil, fault.New(fault.NotFound, "profile_unknown", "There is no mapping profile %q.%s", ref, nearest(ref, Refs(profiles)))
	}
	dir, err := fs.Sub(profiles, slash.Join("profiles", ref))
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "profile_unreadable", "The mapping profile %q cannot be read.", ref)
	}
	l := &loader{ref: ref, profile: dir, trust: trust, overlay: overlay}
	l.base = l.yaml(dir, "profile.yaml", ref+"/profile.yaml")
	if overlay != "" {
		if trust == nil {
			return nil, fault.New(fault.Invalid, "overlay_without_trust", "An overlay needs the trust's folder.")
		}
		l.over = l.yaml(trust, overlay, overlay)
	}
	return l.load()
}

var environments = []string{string(canonical.Production), string(canonical.Training), string(canonical.Debugging)}

// Refs lists the profiles, as "generic-theatre/v1".
func Refs(profiles fs.FS) []string {
	files, _ := fs.Glob(profiles, "profiles/*/*/profile.yaml")
	for i := range files {
		files[i] = strings.TrimPrefix(slash.Dir(files[i]), "profiles/")
	}
	return files
}

type loader struct {
	problems       problems
	ref, overlay   string
	profile, trust fs.FS
	common         *flatfile.Layout // of files whose rule names none
	base, over     *node
	read           []string // what Name's digest is over
}

func (l *loader) load() (*Mapping, error) {
	if l.base == nil || l.overlay != "" && l.over == nil {
		return nil, l.problems.err()
	}
	c := &compiler{problems: &l.problems, tables: map[string]*table{}, used: map[string]bool{}, usedParts: map[string]bool{}}
	l.heads(c)
	l.tables(c, l.base, l.profile, l.ref+"/")
	if l.over != nil {
		l.tables(c, l.over, l.trust, "")
	}
	m := &Mapping{format: c.format, rules: map[string][]*messageRule{}, ignored: map[string]string{}}
	if n := l.setting("layout"); n.isSet() {
		l.common = l.layout(n)
		c.fields = fieldsOf(l.common)
	}
	if n := l.setting("order_layout"); n.isSet() {
		m.order = l.layout(n)
	}
	c.parts = merge(l.base.get("parts"), l.over.get("parts"))
	environment := merge(l.base.get("environment"), l.over.get("environment"))
	m.environment = c.among(environment, c.value(environment, "environment", false), environments...)
	if m.environment == nil {
		l.problems.add(l.base, "key_missing", "The key %q is missing here: it says which messages are live.", "environment")
	}
	for _, n := range c.items(l.setting("sources")) {
		m.sources = append(m.sources, n.text)
	}
	c.sourcesListed = m.sources
	l.messages(c, m)
	l.unused(c)
	if err := l.problems.err(); err != nil {
		return nil, err
	}
	m.name = l.name()
	return m, nil
}

// heads checks the first lines of both files.
func (l *loader) heads(c *compiler) {
	c.known(l.base, "profile")
	c.format = formatHL7
	if f := l.base.get("format"); f.isSet() {
		c.format = c.oneOf(f, "format", formatHL7, formatCSV, formatFHIR)
	} else {
		l.problems.add(l.base, "key_missing", "The key %q is missing here: hl7v2, csv or fhir.", "format")
	}
	name, version := l.base.get("profile"), l.base.get("version")
	if !name.isSet() || !version.isSet() || name.text+"/v"+version.text != l.ref {
		l.problems.add(l.base, "profile_misnamed", "The profile and version that the file gives do not match its folder %s.", l.ref)
	}
	if l.over == nil || !c.known(l.over, "overlay") {
		return
	}
	if p := l.over.get("profile"); !p.isSet() || p.text != l.ref {
		at := l.over
		if p != nil {
			at = p
		}
		l.problems.add(at, "overlay_misplaced", "The overlay must say which profile it changes: profile: %s.", l.ref)
	}
	if t := l.over.get("trust"); !t.isSet() || t.kind != scalar {
		l.problems.add(l.over, "key_missing", "The key %q is missing here: the trust's ODS code.", "trust")
	}
}

// setting gives a top-level key, the overlay's before the profile's.
func (l *loader) setting(key string) *node {
	if n := l.over.get(key); n != nil {
		return n
	}
	return l.base.get(key)
}

// tables reads the tables that one of the two files names.
func (l *loader) tables(c *compiler, from *node, dir fs.FS, label string) {
	n := from.get("tables")
	if !n.isSet() {
		return
	}
	if n.kind != dict {
		l.problems.add(n, "block_expected", "tables is a block that names a file for each table, as items: tables/items.csv.")
		return
	}
	for _, name := range n.keys {
		raw, ok := l.file(n.value[name], dir, n.value[name].text, label)
		if !ok {
			continue
		}
		t := c.tables[name]
		if t == nil {
			t = &table{name: name, rows: map[string][]string{}, lines: map[string]string{}, at: n.value[name]}
			c.tables[name] = t
		}
		t.readTable(label+n.value[name].text, raw, &l.problems)
	}
}

// layout reads a description of a file's columns.
func (l *loader) layout(n *node) *flatfile.Layout {
	dir, label := l.profile, l.ref+"/"
	if n.file == l.overlay {
		dir, label = l.trust, ""
	}
	raw, ok := l.file(n, dir, n.text, label)
	if !ok {
		return nil
	}
	var out flatfile.Layout
	if err := yaml.UnmarshalWithOptions(raw, &out, yaml.Strict()); err != nil {
		line, text := yamlProblem(err)
		l.problems.addAt(label+n.text+":"+strconv.Itoa(line), "layout_invalid", "The layout cannot be read: %s", text)
		return nil
	}
	if err := out.Validate(); err != nil {
		l.problems.addAt(label+n.text+":1", "layout_invalid", "The layout is not right: %s", err)
		return nil
	}
	return &out
}

// unused complains of tables and parts that no rule reads: a mistyped name
// would otherwise have no effect and no message.
func (l *loader) unused(c *compiler) {
	for _, name := range sorted(c.tables) {
		if !c.used[name] {
			l.problems.add(c.tables[name].at, "table_unused", "No rule of the mapping reads the table %q.%s", name, nearest(name, sorted(c.used)))
		}
	}
	if c.parts == nil || c.parts.kind != dict {
		return
	}
	for _, name := range c.parts.keys {
		if !c.usedParts[name] {
			l.problems.add(c.parts.value[name], "part_unused", "No rule of the mapping uses the part %q.%s", name, nearest(name, sorted(c.usedParts)))
		}
	}
}

func (l *loader) yaml(dir fs.FS, file, label string) *node {
	raw, err := fs.ReadFile(dir, file)
	if err != nil {
		l.problems.addAt(label+":1", "file_missing", "The file cannot be read. Is its name right?")
		return nil
	}
	l.remember(label, raw)
	return parseYAML(label, raw, &l.problems)
}

// file reads a file that n names.
func (l *loader) file(n *node, dir fs.FS, name, label string) ([]byte, bool) {
	if n.kind != scalar || name == "" || !fs.ValidPath(name) {
		l.problems.add(n, "file_name", "The name of a file in this folder is expected here.")
		return nil, false
	}
	raw, err := fs.ReadFile(dir, name)
	if err != nil {
		l.problems.add(n, "file_missing", "The file %s cannot be read. Is its name right?", name)
		return nil, false
	}
	l.remember(label+name, raw)
	return raw, true
}

func (l *loader) remember(label string, raw []byte) {
	sum := sha256.Sum256(raw)
	l.read = append(l.read, label+" "+hex.EncodeToString(sum[:])+"\n")
}

// name identifies what was loaded, by name and by content.
func (l *loader) name() string {
	sum := sha256.Sum256([]byte(strings.Join(l.read, "")))
	name := l.ref
	if l.over != nil {
		name += "+" + l.over.get("trust").text
	}
	return name + "@" + hex.EncodeToString(sum[:4])
}
