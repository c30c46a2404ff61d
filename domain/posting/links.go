package posting

import (
	"fmt"
	"slices"

	"github.com/stockwell-hub/stockwell/domain/identity"
	"github.com/stockwell-hub/stockwell/schemas/canonical"
)

// merge takes up that two records are one person. It rewrites nothing: who
// asks for either from now on finds both.
func (d *decider) merge(s *saying, e canonical.PatientMerge) {
	d.link(s, d.named(s, e.Survivor, about), d.named(s, e.Retired, correcting), true)
}

// unmerge takes up that two records are two people after all: what was told
// of either is its own again.
func (d *decider) unmerge(s *saying, e canonical.PatientUnmerge) {
	d.link(s, d.named(s, e.Survivor, parting), d.named(s, e.Retired, parting), false)
}

func (d *decider) link(s *saying, survivor, retired identity.Patient, joined bool) {
	switch {
	case survivor == 0 || retired == 0:
		s.find(canonical.Error, "merge_incomplete", "MRG-1", "A merge, or taking one back, needs the surviving and the retired identifier. Nothing was changed.")
		return
	case survivor == retired && joined:
		s.summary.note = "Both identifiers belong to one patient already."
		return
	case survivor == retired:
		s.find(canonical.Error, "unmerge_of_one_record", "PID-3", "Both identifiers belong to one record, so there is nothing to take apart. Ask the sender which number belongs to whom.")
		return
	}
	who := d.k.Merges.Person(survivor, retired)
	pair, word := identity.PairOf(survivor, retired), identity.Link{Source: s.Connector, Joined: joined, Survivor: survivor, Said: s.said()}
	before, _ := d.k.Merges.Standing(pair)
	superseded, changed := d.k.Merges.Hear(pair, word)
	if superseded {
		s.superseded = true
		s.find(canonical.Info, "superseded", "", "A later word on these two records was taken up before; this one changed nothing.")
		return
	}
	d.out.Links = append(d.out.Links, Linked{Pair: pair, Link: word})
	if changed {
		s.changed = true
		if after, _ := d.k.Merges.Standing(pair); after.Joined != before.Joined {
			d.identityEvent(s, map[bool]string{true: "merged", false: "unmerged"}[joined], retired, survivor)
		}
		who = append(who, d.k.Merges.Person(survivor, retired)...)
		slices.Sort(who)
		d.reviewPeople(s, slices.Compact(who))
	}
	if joined {
		s.summary.note = "Two patient records merged; their uses are now read as one patient's."
	} else {
		s.summary.note = "A merge was taken back; each use is again that of the record of which it was told."
	}
}

// reviewPeople looks again at what depends on who is one person: the cases
// that tell of any of the records, and pairs that were taken apart and are
// joined by a third record all the same.
func (d *decider) reviewPeople(s *saying, who []identity.Patient) {
	if d.out.Survivors == nil {
		d.out.Survivors = map[identity.Patient]identity.Patient{}
	}
	for _, p := range who {
		d.out.Survivors[p] = d.k.Merges.Survivor(p)
	}
	for _, id := range sortedIDs(d.k.Cases) {
		if c := d.k.Cases[id]; d.concerns(c, who) {
			d.stale[id] = true
			d.review(s, c)
		}
	}
	for _, pair := range d.k.Merges.Pairs(who...) {
		subject := fmt.Sprintf("link:%d:%d", pair.Low, pair.High)
		d.settles(subject, false)
		if w, _ := d.k.Merges.Standing(pair); !w.Joined && d.k.Merges.Survivor(pair.Low) == d.k.Merges.Survivor(pair.High) {
			d.warn(Warning{Kind: "unmerged_still_joined", Subject: subject, Severity: "warning", Message: w.Message,
				Text:   fmt.Sprintf("Patients %d and %d were taken apart, and are still read as one person through a third record.", pair.Low, pair.High),
				Action: "Ask the patient administration system which merge was wrong, and have that one taken back too (A37)."})
		}
	}
}
