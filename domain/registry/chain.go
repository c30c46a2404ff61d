package registry

import "github.com/stockwell-hub/stockwell/domain/inventory"

// Action is what a version of a record asks the registry to do.
type Action string

// The actions.
const (
	New      Action = "new"
	Amend    Action = "amend"
	Withdraw Action = "withdraw"
)

// State is where a version stands.
type State string

// The states of a version. A Ready one may still be replaced or dropped; from
// Batched on it is in a file, and stays as it is for ever.
const (
	Ready    State = "ready"
	Batched  State = "batched"
	Sent     State = "sent"
	Accepted State = "accepted"
	Rejected State = "rejected"
)

// Version is one telling of a record.
type Version struct {
	Record  string
	Number  int
	Action  Action
	Content Record
	// Patient is as whom the person was read when it was decided, Person as whom
	// that one is read now: a merge that was taken back leaves it with whom it
	// was told of.
	Patient, Person int64
	State           State
	// Again is set when a person asked that a rejected version be sent once
	// more as it is.
	Again bool
	Cause inventory.Cause
}

// Standing is where a use stands with the registry.
type Standing string

// The standings. Incomplete and Refused need a person.
const (
	Incomplete Standing = "incomplete"
	ToBeSent   Standing = "ready"
	Unanswered Standing = "sent"
	Held       Standing = "accepted"
	Refused    Standing = "rejected"
	TakenBack  Standing = "withdrawn"
	NotNeeded  Standing = "not_needed"
)

// Outcome is what a look at a use decides.
type Outcome struct {
	Reading
	Standing Standing
	// Put is the version that should now be ready; nil if none should, and one
	// that is must be dropped.
	Put *Version
	// Behind is set while what the registry was told last is not what is now
	// true, and an answer must come before that can be said.
	Behind bool
	// Name is of the record that the standing is about; empty if none was ever
	// made.
	Name string
}

// Looked is a use that was looked at, and what was decided of it.
type Looked struct {
	Subject Subject
	// Day is that of the use, CCYY-MM-DD.
	Day string
	Outcome
}

// Look decides what a use comes to and what is to be told of it. fits is as
// for Read.
func (r Rules) Look(s Subject, fits func(Record) []Missing) Looked {
	reading := r.Read(s.Use, fits)
	name := func(n int) string { return Name(s.Use.Alias, s.Use.Key, n) }
	return Looked{Subject: s, Day: r.day(s.Use), Outcome: Next(s.Told, reading, s.Use.Cause, name)}
}

// Next decides what is to be told of a use. told are its versions in the order
// in which they were made, of whatever records. name gives a new record's
// name; n counts the records that the use had before.
//
// Of a use at most one version is unanswered. So nothing is amended or
// withdrawn before the registry accepted what it concerns, what was rejected
// goes as new, and the registry never holds two records of one use: when a use
// turns out to be another person's, its record is withdrawn, and only when
// that was accepted another one is made.
func Next(told []Version, r Reading, cause inventory.Cause, name func(n int) string) Outcome {
	out := Outcome{Reading: r}
	var ready *Version
	if n := len(told); n > 0 && told[n-1].State == Ready {
		ready, told = &told[n-1], told[:n-1]
	}
	held := holds(told)
	var last *Version
	if len(told) > 0 {
		last = &told[len(told)-1]
		out.Name = last.Record
	}
	want := wanted(told, held, r, name)
	if last != nil && (last.State == Batched || last.State == Sent) {
		out.Standing, out.Behind = Unanswered, behind(*last, r)
		return out
	}
	if want != nil && last != nil && last.State == Rejected && !last.Again && last.asks(*want) {
		out.Standing = Refused
		return out
	}
	if want != nil {
		want.Cause = cause
		if ready != nil && ready.asks(*want) {
			want.Cause = ready.Cause // it was decided before, and nothing changed
		}
		out.Put, out.Standing, out.Name = want, ToBeSent, want.Record
		return out
	}
	out.Standing = rests(r, held, last)
	return out
}

// holds is what the registry holds of a use: nil if nothing.
func holds(told []Version) (held *Version) {
	for i, v := range told {
		switch {
		case v.State != Accepted:
		case v.Action == Withdraw:
			held = nil
		default:
			held = &told[i]
		}
	}
	return held
}

// wanted is the version that brings what the registry holds in step with r;
// nil if there is none.
func wanted(told []Version, held *Version, r Reading, name func(int) string) *Version {
	gone := r.Why != "" || r.Doubted
	switch {
	case held != nil && (gone || held.Person != r.Person):
		return &Version{Record: held.Record, Number: numbered(told, held.Record), Action: Withdraw, Content: held.Content, Patient: held.Patient, Person: held.Person, State: Ready}
	case gone || len(r.Missing) > 0:
		return nil
	case held == nil:
		record := name(records(told))
		if n := len(told); n > 0 && told[n-1].Action == New && told[n-1].Person == r.Person {
			record = told[n-1].Record // it was rejected, so the registry does not know it
		}
		return &Version{Record: record, Number: numbered(told, record), Action: New, Content: r.Record, Patient: r.Person, Person: r.Person, State: Ready}
	case held.Content != r.Record:
		return &Version{Record: held.Record, Number: numbered(told, held.Record), Action: Amend, Content: r.Record, Patient: r.Person, Person: r.Person, State: Ready}
	}
	return nil
}

// asks reports whether both versions ask the same of the registry.
func (v Version) asks(o Version) bool {
	return v.Record == o.Record && v.Action == o.Action && (v.Action == Withdraw || v.Content == o.Content)
}

// behind reports whether an unanswered version, once accepted, leaves
// something to say.
func behind(v Version, r Reading) bool {
	if v.Action == Withdraw {
		return r.Why == "" && !r.Doubted && len(r.Missing) == 0
	}
	return r.Why != "" || r.Doubted || v.Person != r.Person || len(r.Missing) > 0 || v.Content != r.Record
}

// rests is where a use stands of which there is nothing to tell.
func rests(r Reading, held, last *Version) Standing {
	switch {
	case r.Why == "" && (r.Doubted || len(r.Missing) > 0):
		return Incomplete
	case held != nil:
		return Held
	case last != nil && last.State == Accepted:
		return TakenBack
	}
	return NotNeeded
}

// numbered is the number of a record's next version.
func numbered(told []Version, record string) int {
	n := 1
	for _, v := range told {
		if v.Record == record {
			n = v.Number + 1
		}
	}
	return n
}

// records counts the records that versions are of.
func records(told []Version) int {
	seen := map[string]bool{}
	for _, v := range told {
		seen[v.Record] = true
	}
	return len(seen)
}
