package journal

import "time"

// CaseDetail is a case as a person would tell it.
type CaseDetail struct {
	CaseSummary
	Names []CaseName `json:"names"`
	// Joined are the cases of which a person said that they are this one.
	Joined    []CaseRef `json:"joined"`
	Encounter string    `json:"encounter,omitempty"`
	// Story is what was told of the case itself, in the order of sending.
	Story      []CaseWord       `json:"story"`
	Procedures []CaseProcedures `json:"procedures"`
	People     []CasePerson     `json:"people"`
	// Lines are those that were asked for; From is the place of the first among
	// all of them.
	Lines     []CaseLine     `json:"lines"`
	From      int            `json:"lines_from"`
	Sets      []SetUse       `json:"sets"`
	Decisions []CaseDecision `json:"decisions"`
	// Submissions are where its uses stand with the registry.
	Submissions []Submission `json:"submissions"`
	// Alerts are its warnings, open ones first.
	Alerts []Warning `json:"alerts"`
	// Messages are those that told of it, the latest first.
	Messages []Message `json:"messages"`
	// Resembles are cases that may be this one under another sort of number:
	// one patient, place and day. It is a suggestion and nothing more.
	Resembles []CaseRef `json:"resembles"`
	// More names the lists above that were cut short.
	More []string `json:"more,omitempty"`
}

// CaseWord is what one source said of a case: of its booking, or in passing
// with a use.
type CaseWord struct {
	Source string `json:"source"`
	Part   string `json:"part"`
	// Action is book, reschedule, modify, cancel, discontinue, delete or
	// no_show; empty for what is told in passing.
	Action      string     `json:"action,omitempty"`
	Patient     int64      `json:"patient,omitempty"`
	Place       string     `json:"place,omitempty"`
	ScheduledAt *time.Time `json:"scheduled_at,omitempty"`
	UsedAt      *time.Time `json:"used_at,omitempty"`
	Encounter   string     `json:"encounter,omitempty"`
	Said
}

// Said is where a word came from, and whether it stands.
type Said struct {
	Message int64 `json:"message"`
	// SentAt is the sender's own time, where that is certain.
	SentAt *time.Time `json:"sent_at,omitempty"`
	// ReplacedBy is the message that took its place.
	ReplacedBy int64 `json:"replaced_by,omitempty"`
	// Late is set for a word that never stood, for a later one was there.
	Late bool `json:"came_too_late,omitempty"`
}

// Stands reports whether nothing took the word's place.
func (s Said) Stands() bool { return s.ReplacedBy == 0 && !s.Late }

// CaseProcedures is how one source coded the procedures at one stage: planned,
// theatre or final.
type CaseProcedures struct {
	Source     string      `json:"source"`
	Stage      string      `json:"stage"`
	Procedures []Procedure `json:"procedures"`
	Said
}

// Procedure is one procedure as somebody coded it.
type Procedure struct {
	Code       string   `json:"code,omitempty"`
	System     string   `json:"system,omitempty"`
	Text       string   `json:"text,omitempty"`
	Side       string   `json:"side,omitempty"`
	On         string   `json:"on,omitempty"` // CCYY-MM-DD
	Qualifiers []string `json:"qualifiers,omitempty"`
}

// CasePerson is somebody by role and by the code that the sender gave, never
// by name.
type CasePerson struct {
	Role      string `json:"role"`
	Code      string `json:"code"`
	Authority string `json:"authority,omitempty"`
	// Registered is set for a number that a professional register gives out.
	Registered bool     `json:"registered"`
	Sources    []string `json:"sources"`
}

// CaseLine is a usage line with all that was ever said of it and all that it
// moved.
type CaseLine struct {
	Line
	// Says is where it stands, in plain words.
	Says string `json:"says"`
	// Source is whose word decides.
	Source     string     `json:"source,omitempty"`
	Unit       string     `json:"unit,omitempty"`
	UDI        string     `json:"udi,omitempty"` // as scanned
	Codes      []string   `json:"codes,omitempty"`
	Side       string     `json:"side,omitempty"`
	Set        string     `json:"set,omitempty"`
	Cycle      string     `json:"sterilisation_cycle,omitempty"`
	OccurredAt *time.Time `json:"occurred_at,omitempty"`
	// SameAs is the key of the line that tells of the same use.
	SameAs string `json:"same_as,omitempty"`
	// Words are what each source says now, Before what corrections replaced
	// and what came too late, the latest first.
	Words  []LineWord `json:"words"`
	Before []LineWord `json:"before"`
	Moves  []Movement `json:"movements"`
	Holds  []Hold     `json:"holds"`
	// More names the lists above that were cut short.
	More []string `json:"more,omitempty"`
}

// LineWord is what one source said of a line. Part is use, credit, resolve or
// accept; the latter two are a person's.
type LineWord struct {
	Source      string       `json:"source"`
	Part        string       `json:"part"`
	Effect      string       `json:"effect,omitempty"`
	Quantity    string       `json:"quantity,omitempty"`
	Unit        string       `json:"unit,omitempty"`
	Item        string       `json:"item,omitempty"`
	Codes       []string     `json:"codes,omitempty"`
	Text        string       `json:"text,omitempty"`
	UDI         string       `json:"udi,omitempty"`
	Lot         string       `json:"lot,omitempty"`
	Serial      string       `json:"serial,omitempty"`
	Expiry      string       `json:"expiry,omitempty"`
	CreditFor   string       `json:"credit_for,omitempty"`
	Disposition string       `json:"disposition,omitempty"`
	Side        string       `json:"side,omitempty"`
	Place       string       `json:"place,omitempty"`
	PlaceText   string       `json:"place_text,omitempty"`
	Patient     int64        `json:"patient,omitempty"`
	Set         string       `json:"set,omitempty"`
	Cycle       string       `json:"sterilisation_cycle,omitempty"`
	People      []CasePerson `json:"people,omitempty"`
	OccurredAt  *time.Time   `json:"occurred_at,omitempty"`
	Origin      string       `json:"origin"`
	Profile     string       `json:"profile"`
	Said
}

// CaseDecision is what a person decided or recorded of a case.
type CaseDecision struct {
	Message int64     `json:"message"`
	Type    string    `json:"type"` // decision, usage
	At      time.Time `json:"at"`
	By      string    `json:"by"`
	Summary string    `json:"summary"`
	Why     string    `json:"why,omitempty"`
}

// SetUse is a line that tells of a reusable or loan set.
type SetUse struct {
	Set         string     `json:"set"`
	Cycle       string     `json:"sterilisation_cycle,omitempty"`
	Case        int64      `json:"case"`
	CaseName    string     `json:"case_name"`
	Patient     int64      `json:"patient,omitempty"`
	Line        int64      `json:"line"`
	Key         string     `json:"line_key"`
	State       string     `json:"state"`
	Item        string     `json:"item,omitempty"`
	Text        string     `json:"text,omitempty"`
	Disposition string     `json:"disposition"`
	Place       string     `json:"place,omitempty"`
	At          *time.Time `json:"at,omitempty"`
	Message     int64      `json:"message"`
}
