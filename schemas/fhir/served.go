package fhir

import (
	"bytes"
	"strings"
	"time"
)

// instant is how FHIR writes a moment.
const instant = "2006-01-02T15:04:05.000Z07:00"

// Instant writes a moment as FHIR does.
func Instant(at time.Time) string { return at.UTC().Format(instant) }

// Version is one version of a stored resource.
type Version struct {
	Type, ID string
	// Number is the version: the hub's number of the message that brought it.
	Number int64
	// StoredAt is when it came.
	StoredAt time.Time
	// First is set if there was no version before it.
	First bool
	// Raw is the resource as its client sent it.
	Raw []byte
}

// Served gives a stored resource as it is read back: the client's own bytes,
// with id, meta.versionId and meta.lastUpdated put in or replaced. All else
// stays where it was and as it was.
func Served(raw []byte, id, version string, updated time.Time) ([]byte, error) {
	root, err := Parse(raw)
	if err != nil {
		return nil, err
	}
	var edits []edit
	after := root.start + 1 // behind the opening bracket
	lead, tail := "", ","
	if len(root.items) == 0 {
		tail = ""
	}
	if t := root.Get("resourceType"); t != nil {
		after, lead, tail = t.end, ",", ""
	}
	var fresh []string
	if n := root.Get("id"); n != nil {
		edits = append(edits, edit{n.start, n.end, `"` + id + `"`})
	} else {
		fresh = append(fresh, `"id":"`+id+`"`)
	}
	members := []string{`"versionId":"` + version + `"`, `"lastUpdated":"` + Instant(updated) + `"`}
	switch meta := root.Get("meta"); {
	case meta == nil:
		fresh = append(fresh, `"meta":{`+strings.Join(members, ",")+`}`)
	case meta.Kind() != Object:
		edits = append(edits, edit{meta.start, meta.end, `{` + strings.Join(members, ",") + `}`})
	default:
		edits = append(edits, within(meta, []string{"versionId", "lastUpdated"}, members)...)
	}
	if len(fresh) > 0 {
		edits = append(edits, edit{after, after, lead + strings.Join(fresh, ",") + tail})
	}
	return apply(raw, edits), nil
}

// within replaces members of an object, or puts them in before its first.
func within(n *Node, names, members []string) (out []edit) {
	var fresh []string
	for i, name := range names {
		if old := n.Get(name); old != nil {
			_, value, _ := strings.Cut(members[i], ":")
			out = append(out, edit{old.start, old.end, value})
		} else {
			fresh = append(fresh, members[i])
		}
	}
	if len(fresh) == 0 {
		return out
	}
	text := strings.Join(fresh, ",")
	if len(n.items) > 0 {
		text += ","
	}
	return append(out, edit{n.start + 1, n.start + 1, text})
}

// edit puts text in the place of raw[from:to].
type edit struct {
	from, to int
	text     string
}

// apply makes edits that do not overlap, in the order of their places.
func apply(raw []byte, edits []edit) []byte {
	var b bytes.Buffer
	at := 0
	for len(edits) > 0 {
		next := 0
		for i := range edits {
			if edits[i].from < edits[next].from {
				next = i
			}
		}
		e := edits[next]
		b.Write(raw[at:e.from])
		b.WriteString(e.text)
		at = e.to
		edits = append(edits[:next], edits[next+1:]...)
	}
	b.Write(raw[at:])
	return b.Bytes()
}
