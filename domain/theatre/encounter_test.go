package theatre_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stockwell-hub/stockwell/domain/theatre"
)

// said is a word's place at a minute after noon; below zero at no certain time.
func said(minute int, message int64) theatre.Sequence {
	q := theatre.Sequence{Message: message}
	if minute >= 0 {
		q.SentAt = time.Date(2026, 3, 1, 12, minute, 0, 0, time.UTC)
	}
	return q
}

func itself(a, b theatre.Patient) bool { return a == b }

// oneFrom reads 8 and 9 as one person.
func oneFrom(a, b theatre.Patient) bool { return a == b || a+b == 17 && min(a, b) == 8 }

func by(source string, m theatre.Move) theatre.Move { m.Source = source; return m }

func TestMoved(t *testing.T) {
	t.Parallel()
	moved := func(from, to theatre.Patient, minute int) theatre.Move {
		return theatre.Move{From: from, To: to, Source: "pas", Sequence: said(minute, int64(100+minute))}
	}
	for name, c := range map[string]struct {
		moves []theatre.Move
		of    theatre.Patient
		told  int
		want  theatre.Patient
	}{
		"nothing was moved":                                 {nil, 1, 5, 1},
		"told before":                                       {[]theatre.Move{moved(1, 2, 10)}, 1, 5, 2},
		"told at the same time":                             {[]theatre.Move{moved(1, 2, 10)}, 1, 10, 2},
		"told after stays":                                  {[]theatre.Move{moved(1, 2, 10)}, 1, 11, 1},
		"told at no certain time":                           {[]theatre.Move{moved(1, 2, 10)}, 1, -1, 2},
		"moved at no certain time":                          {[]theatre.Move{moved(1, 2, -1)}, 1, 50, 2},
		"somebody else stays":                               {[]theatre.Move{moved(1, 2, 10)}, 3, 5, 3},
		"nobody stays nobody":                               {[]theatre.Move{moved(1, 2, 10)}, 0, 5, 0},
		"moved on":                                          {[]theatre.Move{moved(1, 2, 10), moved(2, 3, 20)}, 1, 5, 3},
		"moved on, heard the other way round":               {[]theatre.Move{moved(2, 3, 20), moved(1, 2, 10)}, 1, 5, 3},
		"told between, and moved on":                        {[]theatre.Move{moved(1, 2, 10), moved(2, 3, 20)}, 2, 15, 3},
		"told between of the first":                         {[]theatre.Move{moved(1, 2, 10), moved(2, 3, 20)}, 1, 15, 1},
		"moved back":                                        {[]theatre.Move{moved(1, 2, 10), moved(2, 1, 20)}, 1, 5, 1},
		"told of another record of the same person":         {[]theatre.Move{moved(8, 2, 10)}, 9, 5, 2},
		"moved between records of one person":               {[]theatre.Move{moved(8, 9, 10)}, 8, 5, 9},
		"moved on by another source":                        {[]theatre.Move{moved(1, 2, 10), by("emr", moved(2, 3, 20))}, 1, 5, 3},
		"moved on by another source before":                 {[]theatre.Move{moved(1, 2, 20), by("emr", moved(2, 3, 10))}, 1, 5, 2},
		"at one time the name decides":                      {[]theatre.Move{moved(1, 2, 10), by("emr", moved(2, 3, 10))}, 1, 5, 2},
		"a further move of what was told before and after,": {[]theatre.Move{moved(1, 2, 10), moved(1, 3, 20)}, 1, 15, 3},
	} {
		t.Run(name, func(t *testing.T) {
			e := theatre.NewEncounter("V1")
			for _, m := range c.moves {
				e.Move("V1", m)
			}
			if got := e.Moved(c.of, said(c.told, 1), oneFrom); got != c.want {
				t.Errorf("patient %d, want %d", got, c.want)
			}
		})
	}
	var none *theatre.Encounter
	if none.Moved(7, said(1, 1), itself) != 7 || len(none.Patients()) != 0 || len(none.Versions(1, map[theatre.CaseID]string{1: "2026-03-01"})) != 0 {
		t.Error("no visit moves somebody")
	}
	c := &theatre.Case{ID: 1}
	if none.Read(c, itself) != c {
		t.Error("no visit changes a case")
	}
}

func TestMove_ToldAgainChangesNothing(t *testing.T) {
	t.Parallel()
	e := theatre.NewEncounter("V1")
	for i, c := range []struct {
		move    theatre.Move
		changed bool
	}{
		{theatre.Move{From: 1, To: 2, Source: "pas", Sequence: said(5, 1)}, true}, {theatre.Move{From: 1, To: 2, Source: "pas", Sequence: said(5, 1)}, false},
		{theatre.Move{From: 1, To: 2, Source: "pas", Sequence: said(5, 2)}, false}, {theatre.Move{From: 1, To: 2, Source: "pas", Sequence: said(6, 3)}, true},
		{theatre.Move{From: 1, To: 2, Source: "emr", Sequence: said(5, 4)}, true}, {theatre.Move{From: 1, To: 3, Source: "pas", Sequence: said(5, 1)}, true},
		{theatre.Move{From: 1, To: 2, Source: "pas", Sequence: said(-1, 9)}, true}, {theatre.Move{From: 1, To: 2, Source: "pas", Sequence: said(-1, 9)}, false},
	} {
		if got := e.Move("V1", c.move); got != c.changed {
			t.Errorf("move %d changed it: %v", i, got)
		}
	}
	if got := e.Patients(); !slices.Equal(got, []theatre.Patient{1, 2, 3}) {
		t.Errorf("patients %v", got)
	}
}

func TestMerge_OfVisitsKeepsEachNumbersWords(t *testing.T) {
	t.Parallel()
	for _, order := range [][2]string{{"V1", "V2"}, {"V2", "V1"}} {
		a, b := theatre.NewEncounter(order[0]), theatre.NewEncounter(order[1])
		a.Move(order[0], theatre.Move{From: 1, To: 2, Source: "pas", Sequence: said(10, 1)})
		b.Move(order[1], theatre.Move{From: 2, To: 3, Source: "pas", Sequence: said(20, 2)})
		a.Merge(b)
		if got := a.Moved(1, said(5, 0), itself); a.Visit != "V1" || len(a.Told) != 2 || got != 3 {
			t.Errorf("%v: visit %s with %d numbers, patient %d", order, a.Visit, len(a.Told), got)
		}
	}
}

func TestRead_ACaseOfAMovedVisitIsTheOthers(t *testing.T) {
	t.Parallel()
	e := theatre.NewEncounter("V1")
	e.Move("V1", theatre.Move{From: 1, To: 2, Source: "pas", Sequence: said(10, 9)})
	c := &theatre.Case{}
	c.Hear("pas", "booking", theatre.CaseWord{Action: "book", Patient: 1, Sequence: said(1, 1)})
	c.Hear("theatre", "use", theatre.CaseWord{Patient: 1, Sequence: said(20, 2)})
	if s := e.Read(c, itself).Settle(); s.BookedFor != 2 || s.Patient != 1 {
		t.Errorf("booked for %d, used on %d, who was told after the move", s.BookedFor, s.Patient)
	}
	if c.Told["pas/booking"].Patient != 1 {
		t.Error("what was told was changed")
	}
}

func TestCode_TheLatestWordOfASourceStandsAndACaseIsNeverGuessed(t *testing.T) {
	t.Parallel()
	e := theatre.NewEncounter("V1")
	on := func(day string, codes ...string) []theatre.Procedure {
		var out []theatre.Procedure
		for _, c := range codes {
			out = append(out, theatre.Procedure{Code: c, On: day})
		}
		return out
	}
	if e.Code("V1", "pas", "final", theatre.VisitCoding{Procedures: append(on("2026-03-01", "W371"), on("2026-03-02", "W381", "W391")...), Sequence: said(5, 2)}) {
		t.Error("the first word is superseded")
	}
	if !e.Code("V1", "pas", "final", theatre.VisitCoding{Procedures: on("2026-03-01", "X999"), Sequence: said(4, 3)}) {
		t.Error("an older word is not")
	}
	e.Code("V1", "or", "theatre", theatre.VisitCoding{Procedures: append(on("", "W401"), on("2026-03-01", "W411")...), Sequence: said(1, 1)})
	for name, c := range map[string]struct {
		days map[theatre.CaseID]string
		want string
	}{
		"the only case of its day":     {map[theatre.CaseID]string{1: "2026-03-01", 2: "2026-03-02"}, "or theatre W411; pas final W371"},
		"two cases of that day":        {map[theatre.CaseID]string{1: "2026-03-01", 2: "2026-03-01"}, ""},
		"a case whose day is unknown":  {map[theatre.CaseID]string{1: "", 2: "2026-03-01"}, ""},
		"a day on which nothing was":   {map[theatre.CaseID]string{1: "2026-03-07"}, ""},
		"another whose day is unknown": {map[theatre.CaseID]string{1: "2026-03-02", 2: ""}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, v := range e.Versions(1, c.days) {
				s := v.Source + " " + v.Stage
				for _, p := range v.Procedures {
					s += " " + p.Code
				}
				got = append(got, s)
			}
			if strings.Join(got, "; ") != c.want {
				t.Errorf("got %q", strings.Join(got, "; "))
			}
		})
	}
}
