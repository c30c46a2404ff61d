package feed

import (
	"fmt"
	"time"
)

// The kinds of the warnings that say that a feed cannot be relied on just now.
const (
	KindSilent = "feed_silent" // it sends less than it usually does
	KindBehind = "feed_behind" // what it tells happened a while ago
	KindHeld   = "feed_held"   // a person says so
)

// Late reports whether a message that came at received, and of which its
// sender says that it was sent at sent, is old news: older than after. A clock
// that runs ahead makes nothing late.
func Late(sent, received time.Time, after time.Duration) bool {
	return !sent.IsZero() && received.Sub(sent) > after
}

// Lag is what shows that a feed is behind.
type Lag struct {
	// Late is when a message last came late.
	Late time.Time
	// Waiting is when the oldest came of those that wait to be posted.
	Waiting time.Time
}

// Behind reports whether the feed called name is behind, with a sentence for
// people: as long as one of its messages came late within after, for a sender
// that empties its queue may send fresh ones in between; or while one has
// waited for longer than after to be posted. Once it is behind, what waits must
// be younger than half of that. A time that lies ahead, for the clock was set
// back, says nothing.
func (l Lag) Behind(name string, already bool, now time.Time, zone *time.Location, after time.Duration) (text string, behind bool) {
	since := func(t time.Time) time.Duration {
		if t.IsZero() || t.After(now) {
			return -1
		}
		return now.Sub(t)
	}
	longest := after
	if already {
		longest /= 2
	}
	if quiet := since(l.Late); quiet >= 0 && quiet < after {
		return fmt.Sprintf("%s delivers old news: a message that came at %s had been sent more than %s before.", name, told(l.Late, now, zone), plain(after)), true
	}
	if since(l.Waiting) > longest {
		return fmt.Sprintf("%s is behind: a message that came at %s waits to be posted.", name, told(l.Waiting, now, zone)), true
	}
	return "", false
}
