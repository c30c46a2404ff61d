package mapping

import (
	"slices"
	"sort"
	"strings"
)

// keys is the whole language: for each block, the keys that it takes. A test
// checks that docs/mapping.md tells of every one.
var keys = map[string][]string{
	"profile":         {"profile", "version", "format", "about", "layout", "order_layout", "tables", "environment", "sources", "parts", "messages", "ignore"},
	"overlay":         {"trust", "profile", "about", "layout", "order_layout", "tables", "environment", "sources", "parts", "messages", "ignore"},
	"message":         {"about", "types", "layout", "when", "once", "events"},
	"usage":           {"kind", "each", "by", "when", "source", "case", "encounter", "patient", "place", "occurred_at", "mode", "scope", "count", "procedures", "people", "lines"},
	"booking":         {"kind", "each", "by", "when", "case", "encounter", "patient", "place", "scheduled_at", "action", "procedures", "people"},
	"coding":          {"kind", "each", "by", "when", "case", "encounter", "patient", "stage", "procedures"},
	"patient_update":  {"kind", "each", "by", "when", "patient"},
	"patient_merge":   {"kind", "each", "by", "when", "survivor", "retired"},
	"patient_unmerge": {"kind", "each", "by", "when", "survivor", "retired"},
	"visit_move":      {"kind", "each", "by", "when", "encounter", "from", "to"},
	"visit_merge":     {"kind", "each", "by", "when", "survivor", "retired"},
	"order_answer":    {"kind", "each", "by", "when", "order_number", "lines"},
	"goods_received":  {"kind", "each", "by", "when", "receipt", "lines"},
	"receipt lines":   {"key", "received_on", "order_number", "order_line", "place", "codes", "code_systems", "items", "udi", "lot", "serial", "expiry", "quantity", "unit", "action"},
	"usage lines":     {"each", "by", "join", "distinct", "has_any", "when", "key", "action", "effect", "negative", "deleted_by", "credit_for", "codes", "code_systems", "items", "text", "udi", "lot", "serial", "expiry", "quantity", "unit", "disposition", "side", "set", "place", "occurred_at", "people"},
	"join":            {"each", "where", "equals"},
	"answer lines":    {"line", "status", "quantity", "reason", "expected_on"},
	"patient":         {"identifiers", "nhs_status", "family_name", "given_names", "birth_date", "gender"},
	"identifier":      {"each", "when", "value", "type", "authority"},
	"alias":           append([]string{"kind", "last_resort"}, valueKeys...),
	"place":           {"code", "text"},
	"procedure":       {"each", "when", "code", "system", "text", "side", "on"},
	"person":          {"each", "when", "role", "code", "authority"},
	"item code":       {"value", "system"},
	"set":             {"id", "cycle"},
	"value":           valueKeys,
	"source":          {"from", "prefix", "const", "expr"},
	"absent":          {"severity", "code", "text"},
	"unlisted":        {"keep", "value", "severity", "code", "text"},
}

var valueKeys = []string{"from", "prefix", "const", "expr", "case", "table", "column", "default", "absent", "unlisted"}

// eventKinds are the events that a profile may make.
var eventKinds = []string{"booking", "coding", "goods_received", "order_answer", "patient_merge", "patient_unmerge", "patient_update", "usage", "visit_merge", "visit_move"}

// fileKinds are those that files tell of.
var fileKinds = []string{"goods_received", "order_answer"}

// known complains of keys of n that its block does not take, and of a node
// that is no block at all; it reports whether n can be read.
func (c *compiler) known(n *node, block string) bool {
	if n.kind != dict {
		c.problems.add(n, "block_expected", "Of %q a block of keys is expected (%s), not %s.", block, strings.Join(keys[block], ", "), n.kind)
		return false
	}
	for _, k := range n.keys {
		if !slices.Contains(keys[block], k) {
			c.problems.add(n.value[k], "key_unknown", "The block %q has no key %q.%s", block, k, nearest(k, keys[block]))
		}
	}
	return true
}

// sorted gives the keys of a map in their order.
func sorted[V any](m map[string]V) []string {
	names := make([]string, 0, len(m))
	for k := range m {
		names = append(names, k)
	}
	sort.Strings(names)
	return names
}
