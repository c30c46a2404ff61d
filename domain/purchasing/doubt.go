package purchasing

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Doubt is why the ledger may not tell what left a place: one of the feeds
// that tell its use is silent, behind, or held by a person, since then, or a
// case used more of the item than a case should. While there is one, nothing
// is ordered for the shelf without a person.
type Doubt struct {
	Kind string `json:"kind"` // feed_silent, feed_behind, feed_held, above_ceiling
	// Feed is the feed; for above_ceiling the subject of the warning.
	Feed  string    `json:"feed"`
	Since time.Time `json:"since"`
}

// Open is a need that was decided in doubt and still waits for a person. It is
// decided anew at the next look, under its own cycle: one need stays one order,
// however long its shelf goes on being emptied (law 6).
type Open struct {
	ID        int64
	Cycle     int64
	ReleaseAt time.Time
}

// says tells of d's feed, as the middle of a sentence.
func (d Doubt) says(now time.Time, zone *time.Location) string {
	since, format := d.Since.In(zone), "15:04"
	if now.In(zone).Format(time.DateOnly) != since.Format(time.DateOnly) {
		format = "2 January, 15:04"
	}
	says := map[string]string{"feed_silent": "has been silent", "feed_behind": "has been behind", "feed_held": "has been held by a person"}[d.Kind]
	if says == "" {
		says = "has not been well"
	}
	return fmt.Sprintf("feed %s %s since %s", d.Feed, says, since.Format(format))
}

// WhyDoubted tells a buyer why a suggestion waits for a person.
func WhyDoubted(ds []Doubt, now time.Time, zone *time.Location) string {
	over := "the feed is well"
	if slices.ContainsFunc(ds, func(d Doubt) bool { return d.Kind == aboveCeiling }) {
		over = "that is over"
	}
	return mayBeLower(ds, now, zone) + " Approve or decline; else it is looked at again when " + over + "."
}

func mayBeLower(ds []Doubt, now time.Time, zone *time.Location) string {
	var said, all []string
	for _, d := range ds {
		if d.Kind != aboveCeiling {
			said = append(said, d.says(now, zone))
		}
	}
	if len(said) > 0 {
		text := strings.Join(said, ", and ")
		all = append(all, strings.ToUpper(text[:1])+text[1:]+", so stock may be lower than the ledger says.")
	}
	if len(said) < len(ds) {
		all = append(all, "A case used more of it than a case is thought to use, so the quantity may be a mistake.")
	}
	return strings.Join(all, " ")
}

// aboveCeiling is the kind of a doubt about how many a case used.
const aboveCeiling = "above_ceiling"

// doubt makes a decision wait in ds: not for its limits alone. What waits
// anyway goes on waiting for its own reason, and says of the feeds too.
func doubt(d Decision, ds []Doubt, now time.Time, zone *time.Location) Decision {
	switch {
	case len(ds) == 0:
		return d
	case !d.Automatic:
		d.Why += " " + mayBeLower(ds, now, zone)
		return d
	}
	return Decision{Code: ds[0].Kind, Why: WhyDoubted(ds, now, zone)}
}
