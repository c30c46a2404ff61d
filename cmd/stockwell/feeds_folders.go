package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/stockwell-hub/stockwell/connectors/sftp"
	"github.com/stockwell-hub/stockwell/internal/fault"
)

// The warnings of a folder that files come into.
const (
	filesUnreachable = "files_unreachable" // nothing can be collected from it
	filesLeft        = "files_left"        // something lies in it that is not taken
)

const (
	// unreachableFor is how long a folder may be out of reach before somebody is
	// told: a server's restart is over sooner.
	unreachableFor = 2 * time.Minute
	// mostLeft is how many files that are left a warning names.
	mostLeft = 5
)

// fileFolder is what files come into; sftp.Connector is one.
type fileFolder interface {
	Status() (lastOK time.Time, lastErr error)
	Left() []sftp.Left
}

// watchedFolder is a folder, and which of its warnings this hub may have
// opened: at first it does not know.
type watchedFolder struct {
	fileFolder
	unreachable, left bool
}

// addFolder has the folder of a connector looked at, if it has one.
func (f *feeds) addFolder(trust, connector string, x fileFolder) {
	if x == nil {
		return
	}
	if f.folders[trust] == nil {
		f.folders[trust] = map[string]*watchedFolder{}
	}
	f.folders[trust][connector] = &watchedFolder{x, true, true}
}

// lookAtFolders tells of folders that files cannot be collected from, and of
// files that lie in one and are not taken: whoever sent them thinks that they
// are in. Both warnings close by themselves.
func (f *feeds) lookAtFolders(ctx context.Context, trust string) error {
	for connector, x := range f.folders[trust] {
		subject, now := "folder:"+connector, f.now()
		lastOK, failing := x.Status()
		why, since := outOfReach(lastOK, failing, f.since, now)
		switch {
		case why != nil:
			x.unreachable = true
			opened, err := f.keep.OpenAlert(ctx, trust, filesUnreachable, subject, "The connector "+connector+" cannot collect files. "+why.Text,
				"Ask the server's administrator, or correct the connector's settings; `stockwell check` says what it meets. Files stay where they are, and are taken when it works again.", since)
			if err != nil {
				return err
			}
			if opened {
				f.log.Warn("files cannot be collected", "warning", filesUnreachable, "state", "began", "trust", trust, "connector", connector, "code", why.Code)
			}
		case x.unreachable && failing == nil && !lastOK.IsZero():
			if _, err := f.keep.CloseAlert(ctx, trust, filesUnreachable, subject, "Files are collected again.", now); err != nil {
				return err
			}
			x.unreachable = false
		}
		left := x.Left()
		switch {
		case len(left) > 0:
			x.left = true
			if err := f.keep.OpenWarning(ctx, trust, filesLeft, subject, leftText(connector, left),
				"Whoever put them there may think that they were taken. Mend what is said of each, or remove them; this closes when they are gone."); err != nil {
				return err
			}
		case x.left && !lastOK.IsZero():
			if err := f.keep.SettleWarning(ctx, trust, filesLeft, subject); err != nil {
				return err
			}
			x.left = false
		}
	}
	return nil
}

// outOfReach says why nothing can be collected, and since when; nil if
// something can, or did a moment ago. That the hub cannot store is told
// elsewhere.
func outOfReach(lastOK time.Time, failing error, began, now time.Time) (*fault.Error, time.Time) {
	if lastOK.Before(began) {
		lastOK = began
	}
	if failing == nil || sftp.NotStored(failing) || now.Sub(lastOK) < unreachableFor {
		return nil, now
	}
	return fault.Of(failing), lastOK
}

// leftText names the files that are left, and what keeps each.
func leftText(connector string, left []sftp.Left) string {
	var b strings.Builder
	if len(left) == 1 {
		fmt.Fprintf(&b, "A file lies in the folder of the connector %s and is not taken:", connector)
	} else {
		fmt.Fprintf(&b, "%d files lie in the folder of the connector %s and are not taken:", len(left), connector)
	}
	for i, l := range left[:min(len(left), mostLeft)] {
		if i > 0 {
			b.WriteString(";")
		}
		fmt.Fprintf(&b, " %s, of %s (%s)", l.Name, l.Changed.UTC().Format("2006-01-02 15:04 UTC"), strings.TrimSuffix(l.Why, "."))
	}
	if len(left) > mostLeft {
		b.WriteString("; and others")
	}
	return b.String() + "."
}
