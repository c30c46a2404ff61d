package posting

import (
	"strings"

	"github.com/stockwell-hub/stockwell/domain/theatre"
)

// past reports whether what a line comes to happened before the stock of its
// feed's places was first counted. It had left their shelves already: for the
// ledger it went from the supplier to the patient, no balance knows of it, and
// nothing is ordered for it.
func (d *decider) past(n theatre.Settled) bool {
	connector, _, _ := strings.Cut(n.Source, ".") // of a voice
	return n.OccurredAt.Before(d.t.Historical[connector])
}
