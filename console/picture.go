package console

import (
	"fmt"
	"strings"
	"time"

	"github.com/stockwell-hub/stockwell/domain/journal"
)

// picture is the plan of the drawing of sources, hub and destinations, in
// the drawing's own units. The table below it says the same in words.
type picture struct {
	Height, HubY   int
	Sources, Sinks []node
	Says           string
}

// node is one connector's box with the line that joins it to the hub.
type node struct {
	Y                 int
	Name, Count, Note string
	Class             string // trouble or calm
	Line              string // an SVG path
}

// The drawing's measures. boxes are boxWide by boxHigh, one every pitch.
const (
	pictureWide = 1200
	boxWide     = 340
	boxHigh     = 92
	pitch       = 108
	hubX        = 490
	hubWide     = 220
	hubHigh     = 92
)

// draw plans the drawing of flows; ago tells how long since a moment.
func draw(flows []journal.Flow, ago func(time.Time) string) picture {
	var p picture
	var in, out []journal.Flow
	for _, f := range flows {
		if f.Direction == "out" {
			out = append(out, f)
		} else {
			in = append(in, f)
		}
	}
	rows := max(len(in), len(out), 1)
	p.Height = rows*pitch - (pitch - boxHigh) + 8
	p.HubY = (p.Height - hubHigh) / 2
	p.Sources = nodes(in, p, "received", ago, func(y int) string { return curve(boxWide+4, y, hubX-4, p.Height/2) })
	p.Sinks = nodes(out, p, "sent", ago, func(y int) string { return curve(hubX+hubWide+4, p.Height/2, pictureWide-boxWide-4, y) })
	p.Says = fmt.Sprintf("Picture: %s into the hub, %s out of it. The table below gives the numbers.", count(int64(len(in)), "way", "ways"), count(int64(len(out)), "way", "ways"))
	return p
}

// nodes spreads boxes evenly over the drawing's height.
func nodes(flows []journal.Flow, p picture, verb string, ago func(time.Time) string, line func(y int) string) []node {
	top := (p.Height - (len(flows)*pitch - (pitch - boxHigh))) / 2
	var out []node
	for i, f := range flows {
		y := top + i*pitch
		n := node{Y: y, Name: short(f.Connector, 26), Count: number(f.Count) + " " + verb + ", " + number(f.LastHour) + " in the last hour", Note: state(f, ago), Class: "calm", Line: line(y + boxHigh/2)}
		if f.Stopped > 0 {
			n.Class = "trouble"
		}
		out = append(out, n)
	}
	return out
}

// state says what waits in a flow and since when; how old its last message is
// if nothing does.
func state(f journal.Flow, ago func(time.Time) string) string {
	var parts []string
	if f.Stopped > 0 {
		parts = append(parts, "! "+number(f.Stopped)+" stopped")
	}
	if f.Waiting > 0 {
		waits := number(f.Waiting) + " waiting"
		if f.Oldest != nil {
			waits += ", oldest " + ago(*f.Oldest)
		}
		parts = append(parts, waits)
	}
	if len(parts) == 0 && f.Last != nil {
		parts = append(parts, "last "+ago(*f.Last))
	}
	return strings.Join(parts, ", ")
}

// curve is a line with level ends between two points.
func curve(x1, y1, x2, y2 int) string {
	mid := (x1 + x2) / 2
	return fmt.Sprintf("M%d %d C%d %d %d %d %d %d", x1, y1, mid, y1, mid, y2, x2, y2)
}
