package theatre_test

import (
	"testing"
	"time"

	"github.com/stockwell-hub/stockwell/domain/theatre"
)

func TestCase_TheLatestWordDecidesEachMatter(t *testing.T) {
	t.Parallel()
	at := func(minute int) theatre.Sequence {
		return theatre.Sequence{SentAt: time.Date(2026, 3, 1, 12, minute, 0, 0, time.UTC), Message: int64(minute)}
	}
	var c theatre.Case
	if got := c.Settle().Booking; got != "none" {
		t.Fatalf("a case of which nothing is told is %s", got)
	}
	c.Hear("pas", "booking", theatre.CaseWord{Action: "book", Patient: 1, Place: 5, Sequence: at(1)})
	c.Hear("theatre", "use", theatre.CaseWord{Patient: 2, UsedAt: at(9).SentAt, Sequence: at(2)})
	got := c.Settle()
	if got.Patient != 2 || got.BookedFor != 1 || got.Place != 5 || got.Booking != "booked" || !got.UsedAt.Equal(at(9).SentAt) {
		t.Errorf("got %+v", got)
	}
	if c.Hear("pas", "booking", theatre.CaseWord{Action: "cancel", Sequence: at(3)}); c.Settle().Booking != "cancelled" {
		t.Error("the cancellation was not taken up")
	}
	if late, _ := c.Hear("pas", "booking", theatre.CaseWord{Action: "book", Sequence: at(2)}); !late || c.Settle().Booking != "cancelled" {
		t.Error("an older booking undid the cancellation")
	}
	if c.Hear("pas", "booking", theatre.CaseWord{Action: "book", Patient: 3, Sequence: at(4)}); c.Settle().Booking != "booked" || c.Settle().Patient != 3 {
		t.Error("a case that is listed again is not booked")
	}
}

func TestCase_ReceiptNeverDecidesBetweenSources(t *testing.T) {
	t.Parallel()
	for _, order := range [][2]int64{{1, 2}, {2, 1}} {
		var c theatre.Case
		c.Hear("pas", "booking", theatre.CaseWord{Action: "book", Patient: 1, Sequence: theatre.Sequence{Message: order[0]}})
		c.Hear("theatre", "use", theatre.CaseWord{Patient: 2, Sequence: theatre.Sequence{Message: order[1]}})
		if got := c.Settle().Patient; got != 2 {
			t.Errorf("received in order %v the case is patient %d's", order, got)
		}
	}
}

func TestCase_EveryEndOfABookingIsCancelled(t *testing.T) {
	t.Parallel()
	for action, want := range map[string]string{"book": "booked", "reschedule": "booked", "modify": "booked", "cancel": "cancelled", "discontinue": "cancelled", "delete": "cancelled", "no_show": "cancelled"} {
		var c theatre.Case
		if c.Hear("pas", "booking", theatre.CaseWord{Action: action}); c.Settle().Booking != want {
			t.Errorf("%s leaves the case %s", action, c.Settle().Booking)
		}
	}
}
