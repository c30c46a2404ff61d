package journal

// Account is what a trust's books say, without what was said on the way: made
// for comparison with what is known of the trust elsewhere. Cases are told one
// by one beside it, for there may be many.
type Account struct {
	// People gives each identifier that was asked for the number of the patient
	// as whom it is read; zero where it is unknown.
	People []int64
	Stock  []AccountStock
	Given  []AccountGiven
	// Visits are the procedures that were coded for good.
	Visits   []AccountVisit
	Warnings []AccountWarning
	Stopped  []string // control IDs of messages that wait for a person
	// Unbalanced counts balances that are not the fold of their movements.
	Unbalanced int64
	Levels     []AccountLevel
	// Told is what the device registry was told.
	Told []AccountVersion
}

// AccountVersion is one version of a record that left for the device registry.
type AccountVersion struct {
	Record        string
	Version       int64
	Action, State string
	// Batch is the name of its batch, Digest the batch's, in hexadecimal.
	Batch, Digest string
	Patient       int64 // as whom its patient is read
}

// AccountCase is a case with its lines.
type AccountCase struct {
	ID      int64
	Number  string // its case number; its name where it has none
	Booking string
	Patient int64
	Planned []string // procedures as booked, of the source that told them last
	Done    []string // as the theatre told them
	Lines   []AccountLine
}

// AccountLine is a usage line with what it moved, all reversals counted.
type AccountLine struct {
	ID                             int64
	Key, State, Why                string
	Item, Lot, Serial, Disposition string
	Place                          string
	Patient                        int64
	ToPatient, ToWaste, Held       int64
}

// AccountStock is a balance.
type AccountStock struct {
	Place, Item, Lot, Serial string
	Quantity                 int64
}

// AccountGiven is how many of an item went to a patient; Item is empty for
// what is unidentified.
type AccountGiven struct {
	Patient  int64
	Item     string
	Quantity int64
}

// AccountVisit is how a visit was coded for good.
type AccountVisit struct {
	Number string
	Codes  []string
}

// AccountWarning is an open warning, with what it is about where that is a
// case, a line or a shelf.
type AccountWarning struct {
	Kind       string
	Case, Line int64
	Place      string
	Item       string
}

// AccountLevel is a par level with what it counts on.
type AccountLevel struct {
	Place, Item                             string
	Reorder, Upto                           int64
	Available, Ordered, Suggested, Awaiting int64
}
