package mapping

import (
	"regexp"
	"strings"

	"github.com/stockwell-hub/stockwell/schemas/flatfile"
)

var messageType = regexp.MustCompile(`^[A-Z][A-Z0-9]{2}(\^[A-Z][A-Z0-9]{2})?$`)

// messages compiles the message rules and what is ignored. For one type the
// overlay's word counts: its rule against the profile's ignore, its ignore
// against the profile's rule.
func (l *loader) messages(c *compiler, m *Mapping) {
	all := mergeMessages(l.base.get("messages"), l.over.get("messages"))
	if !all.isSet() || all.kind != dict {
		l.problems.add(l.base, "key_missing", "The key %q is missing here: a block with a name for each kind of message.", "messages")
		return
	}
	from := map[string]*node{} // of a type, the rule's types
	closed := map[string]string{}
	for _, name := range all.keys {
		n := all.value[name]
		if !c.known(n, "message") {
			continue
		}
		layout := l.layoutOf(c, name, n)
		rule := c.message(name, n)
		rule.layout = layout
		types := n.get("types")
		if !types.isSet() {
			l.problems.add(n, "key_missing", "The message %q needs types, as [DFT^P03].", name)
			continue
		}
		for _, t := range c.texts(types) {
			c.checkType(types, t)
			if first, never := closed[t]; never {
				l.problems.add(types, "message_unreachable", "Messages of type %s never come here: %q takes them all. Give that one a when.", t, first)
			}
			if rule.when == nil {
				closed[t] = name
			}
			m.rules[t] = append(m.rules[t], rule)
			from[t] = types
		}
	}
	ignore := merge(l.base.get("ignore"), l.over.get("ignore"))
	if !ignore.isSet() {
		return
	}
	if ignore.kind != dict {
		l.problems.add(ignore, "block_expected", "ignore is a block that gives a reason for each type, as ACK: \"...\".")
		return
	}
	for _, t := range ignore.keys {
		reason := ignore.value[t]
		c.checkType(reason, t)
		if reason.kind != scalar || reason.text == "" {
			l.problems.add(reason, "reason_missing", "Say why messages of type %s are ignored: people read it beside the message.", t)
		}
		if rule := from[t]; rule != nil {
			if rule.file == reason.file && closed[t] != "" {
				l.problems.add(reason, "message_twice", "The type %s is both read and ignored. Keep one of the two.", t)
			}
			if rule.file != reason.file && reason.file == l.overlay {
				delete(m.rules, t)
			}
		}
		m.ignored[t] = strings.TrimSpace(reason.text)
	}
}

// layoutOf gives the layout of the files that a rule reads, and lets its paths
// name that layout's fields.
func (l *loader) layoutOf(c *compiler, name string, n *node) *flatfile.Layout {
	if c.format != formatCSV {
		return nil
	}
	layout := l.common
	if own := n.get("layout"); own.isSet() {
		layout = l.layout(own)
	} else if layout == nil && l.setting("layout") == nil {
		l.problems.add(n, "key_missing", "The message %q needs a layout: the name of a file that describes its columns. A layout beside messages serves all that name none.", name)
	}
	c.fields = fieldsOf(layout)
	return layout
}

func fieldsOf(l *flatfile.Layout) (fields []string) {
	if l != nil {
		for _, col := range l.Columns {
			if col.Field != "" {
				fields = append(fields, col.Field)
			}
		}
	}
	return fields
}

func (c *compiler) checkType(n *node, t string) {
	if c.format == formatFHIR && !fhirType.MatchString(t) {
		c.problems.add(n, "message_type_invalid", "%q is not a message type. Write Bundle, a resource type as Procedure, or Procedure^update for its updates alone.", t)
	}
	if c.format == formatHL7 && !messageType.MatchString(t) {
		c.problems.add(n, "message_type_invalid", "%q is not a message type. Write MSH-9 as DFT^P03, or DFT for all that no other rule takes.", t)
	}
}
