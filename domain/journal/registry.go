package journal

import (
	"fmt"
	"time"
)

// Submission is where one use stands with the device registry. It holds no
// patient data.
type Submission struct {
	// Record names it to the registry; empty while none was made.
	Record  string `json:"record,omitempty"`
	Version int    `json:"version,omitempty"`
	// Action is new, amend or withdraw: what the latest version asks.
	Action string `json:"action,omitempty"`
	// State is incomplete, ready, sent, accepted, rejected, withdrawn or
	// not_needed; Why is the code of why the use is not reported.
	State string `json:"state"`
	Why   string `json:"why,omitempty"`
	// Behind is set while a correction waits for the registry's answer.
	Behind   bool   `json:"correction_waits"`
	CaseID   int64  `json:"case_id"`
	Case     string `json:"case"`
	LineID   int64  `json:"line_id"`
	Line     string `json:"line"`
	Item     string `json:"item,omitempty"`
	Lot      string `json:"lot,omitempty"`
	Serial   string `json:"serial,omitempty"`
	Quantity string `json:"quantity"`
	// Disposition is what became of the thing.
	Disposition string    `json:"disposition"`
	Place       string    `json:"place,omitempty"`
	OccurredOn  string    `json:"occurred_on,omitempty"`
	Since       time.Time `json:"since"`
	// Missing is what the record lacks, Remarks what is legal and worth
	// knowing.
	Missing []Missing `json:"missing"`
	Remarks []Missing `json:"remarks"`
	// Batch, and what follows, are the latest version's.
	Batch      string     `json:"batch,omitempty"`
	SentAt     *time.Time `json:"sent_at,omitempty"`
	AnsweredAt *time.Time `json:"answered_at,omitempty"`
	AnsweredBy int64      `json:"answered_by,omitempty"`
	Code       string     `json:"code,omitempty"`
	Reason     string     `json:"reason,omitempty"`
	// Message, Origin and Profile brought the latest version about, else the
	// line.
	Message int64  `json:"message"`
	Origin  string `json:"origin"`
	Profile string `json:"profile"`
}

// Missing is one thing that a record lacks, and who can supply it.
type Missing struct {
	Field string `json:"field"`
	Code  string `json:"code"`
	Text  string `json:"text"`
	Who   string `json:"who"`
}

// SubmissionFilter chooses uses. Zero values choose all.
type SubmissionFilter struct {
	State string
	// Missing keeps those that lack something; Who those that somebody can
	// complete.
	Missing bool
	Who     string
	// Case and Line keep those of a case, or one, by the hub's numbers; Record
	// the one of which the record is.
	Case, Line int64
	Record     string
	Before     int64 // line numbers below it
	Limit      int
}

// SubmissionDetail is a use with every version that was made of it.
type SubmissionDetail struct {
	Submission
	Versions []SubmissionVersion `json:"versions"`
}

// SubmissionVersion is one version of a record: what the registry was told, or
// will be.
type SubmissionVersion struct {
	Record     string     `json:"record"`
	Version    int        `json:"version"`
	Action     string     `json:"action"`
	State      string     `json:"state"` // ready, batched, sent, accepted, rejected
	Patient    int64      `json:"patient"`
	Batch      string     `json:"batch,omitempty"`
	ReadyAt    time.Time  `json:"ready_at"`
	SentAt     *time.Time `json:"sent_at,omitempty"`
	AnsweredAt *time.Time `json:"answered_at,omitempty"`
	AnsweredBy int64      `json:"answered_by,omitempty"`
	Code       string     `json:"code,omitempty"`
	Reason     string     `json:"reason,omitempty"`
	AgainBy    string     `json:"again_by,omitempty"`
	AgainWhy   string     `json:"again_why,omitempty"`
	Message    int64      `json:"message"`
	Origin     string     `json:"origin"`
	Profile    string     `json:"profile"`
}

// Batch is a file of records.
type Batch struct {
	Name      string     `json:"batch"`
	File      string     `json:"file"`
	Profile   string     `json:"profile"`
	Records   int64      `json:"records"`
	Accepted  int64      `json:"accepted"`
	Rejected  int64      `json:"rejected"`
	CreatedAt time.Time  `json:"created_at"`
	SentAt    *time.Time `json:"sent_at,omitempty"`
	// Waiting says why it is not at the registry yet, where it is not.
	Waiting string `json:"waiting,omitempty"`
	Stop    *Stop  `json:"stop,omitempty"`
}

// Registry is a trust's reporting at a glance.
type Registry struct {
	Reports bool `json:"reports"`
	// States counts uses by where they stand.
	States map[string]int64 `json:"states"`
	// Reportable counts those that belong in the registry, Accepted those of
	// them that it holds as they are.
	Reportable int64 `json:"reportable"`
	Accepted   int64 `json:"accepted"`
	// Lacking counts, by who can supply it, the uses that lack something.
	Lacking map[string]int64 `json:"lacking"`
	// UnansweredSeconds is for how long the oldest record that was sent has had
	// no answer.
	UnansweredSeconds float64 `json:"oldest_unanswered_seconds"`
	// Stopped counts batches whose sending waits for a person.
	Stopped int64 `json:"batches_stopped"`
}

// Completeness is how many in a hundred of the reportable uses the registry
// holds as they are, with one decimal; empty if there are none.
func (r Registry) Completeness() string {
	if r.Reportable == 0 {
		return ""
	}
	tenths := r.Accepted * 1000 / r.Reportable
	return fmt.Sprintf("%d.%d", tenths/10, tenths%10)
}
