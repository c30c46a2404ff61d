package mapping

import "github.com/stockwell-hub/stockwell/schemas/canonical"

// What an action code may say of a line, with mode: actions.
const (
	actionAdd       = "add"
	actionUpdate    = "update"
	actionDelete    = "delete"
	actionUnchanged = "unchanged"
)

var lineActions = []string{actionAdd, actionUpdate, actionDelete, actionUnchanged}

// Effects that no profile can give: they say within this package what an
// action made of a line.
const (
	// unchanged is left out: it stays as it was told before.
	unchanged canonical.Effect = "unchanged"
	// creditDeleted takes a credit back: a credit of nought.
	creditDeleted canonical.Effect = "credit deleted"
)

// actionOf compiles the code by which each line says what becomes of it.
func (c *compiler) actionOf(n *node, mode canonical.Mode) *value {
	at := n.get("action")
	switch {
	case mode != canonical.Actions && at.isSet():
		c.problems.add(at, "key_misplaced", "action goes with mode: actions.")
		return nil
	case mode != canonical.Actions:
		return nil
	case !at.isSet():
		c.problems.add(n, "key_missing", "The key %q is missing here: with mode: actions it says by a table what becomes of each line.", "action")
		return nil
	}
	v := c.value(at, "lines.action", true)
	if v.table == nil {
		c.problems.add(at, "table_missing", "The action of a line comes from a table with the words add, update, delete and unchanged.")
	} else {
		v.unlisted.note = note{severity: canonical.Error, code: "action_unlisted",
			text: "What becomes of this line is not in the table " + v.table.name + ". It is not taken for a use and waits for a person. Add a row for its code."}
	}
	return c.among(at, v, lineActions...)
}

// does gives what the line does: its sign, and what its action makes of it.
func (r *linesRule) does(s *scope) canonical.Effect {
	if r.action == nil {
		return r.sign(s, false)
	}
	if !r.agree(s, r.actionAt, r.action) {
		s.find(canonical.Error, "actions_differ", r.actionAt.text, "The segments of this line contradict each other in what becomes of it. It is not taken for a use and waits for a person.")
		return canonical.Unknown
	}
	a := r.action.eval(s)
	switch {
	case a.unlisted:
		return canonical.Unknown
	case a.text == "":
		s.find(canonical.Error, "action_absent", a.path, "The line does not say what becomes of it. It is not taken for a use and waits for a person.")
		return canonical.Unknown
	case a.text == actionUnchanged:
		return unchanged
	case a.text == actionDelete:
		return deleted(r.sign(s, true))
	}
	return r.sign(s, false)
}

// deleted gives what the deletion of a line with this sign does. A deleted
// credit takes back the credit and not the use; a wrong patient stays one,
// for people are told of it; and a sign that nobody knows says not which of
// them was deleted.
func deleted(sign canonical.Effect) canonical.Effect {
	switch sign {
	case canonical.Credit:
		return creditDeleted
	case canonical.WrongPatient, canonical.NoValue, canonical.Unknown:
		return sign
	}
	return canonical.Delete
}
