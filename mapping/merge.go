package mapping

// merge lays an overlay over a profile. Blocks are joined key by key. A list
// replaces the list. A rule that names a source (from, const, expr) replaces
// the rule; one that names none changes only the keys that it has.
func merge(base, over *node) *node {
	switch {
	case base == nil:
		return over
	case over == nil:
		return base
	case over.kind != dict || namesSource(over):
		return over
	case base.kind != dict:
		// `lot: OBX-5` is short for `lot: {from: OBX-5}`.
		base = &node{file: base.file, line: base.line, kind: dict, keys: []string{"from"}, value: map[string]*node{"from": base}}
	}
	out := &node{file: over.file, line: over.line, kind: dict, value: map[string]*node{}}
	for _, k := range base.keys {
		out.keys = append(out.keys, k)
		out.value[k] = merge(base.value[k], over.value[k])
	}
	for _, k := range over.keys {
		if _, both := out.value[k]; !both {
			out.keys = append(out.keys, k)
			out.value[k] = over.value[k]
		}
	}
	return out
}

// mergeMessages joins message rules: those that only the overlay has come
// first, so that a trust's own rule is tried before the profile's.
func mergeMessages(base, over *node) *node {
	out := merge(base, over)
	if base == nil || over == nil || base.kind != dict || over.kind != dict {
		return out
	}
	var own, shared []string
	for _, k := range out.keys {
		if _, ok := base.value[k]; ok {
			shared = append(shared, k)
		} else {
			own = append(own, k)
		}
	}
	out.keys = append(own, shared...)
	return out
}

func namesSource(n *node) bool {
	return n.get("from") != nil || n.get("const") != nil || n.get("expr") != nil
}
