package identity

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// Said is where a word stands among those of its source. SentAt is the
// sender's own time where it is certain; Message is the hub's number, which
// grows in the order of receipt.
type Said struct {
	SentAt  time.Time `json:"sent_at,omitzero"`
	Message int64     `json:"message"`
}

// Before reports whether s is older than another word of the same source: by
// the sender's times if both are certain and differ, else by receipt.
func (s Said) Before(o Said) bool {
	if !s.SentAt.IsZero() && !o.SentAt.IsZero() && !s.SentAt.Equal(o.SentAt) {
		return s.SentAt.Before(o.SentAt)
	}
	return s.Message < o.Message
}

// Status is what one source said last of how far an NHS Number was traced:
// the NHS Number status indicator, as "01".
type Status struct {
	Status string `json:"status"`
	Said
}

// NHSNumber is an NHS Number that a record has, known by its pseudonym.
type NHSNumber struct {
	Pseudonym Pseudonym
	// Told is what each source said last of its status.
	Told map[string]Status
}

// Status is the status that stands: of several sources the one that was sent
// last, and of two that were sent at one time, or whose time is uncertain, the
// source that is later by name. Empty if nobody told any.
func (n *NHSNumber) Status() string {
	sources := slices.SortedFunc(maps.Keys(n.Told), func(a, b string) int {
		return cmp.Or(n.Told[a].SentAt.Compare(n.Told[b].SentAt), cmp.Compare(a, b))
	})
	if len(sources) == 0 {
		return ""
	}
	return n.Told[sources[len(sources)-1]].Status
}

// Hear takes a source's word on the status. heard is false if a later one
// stands, or says the same.
func (n *NHSNumber) Hear(source string, w Status) (heard bool) {
	if old, ok := n.Told[source]; ok && (w.Before(old.Said) || old.Status == w.Status) {
		return false
	}
	if n.Told == nil {
		n.Told = map[string]Status{}
	}
	n.Told[source] = w
	return true
}
