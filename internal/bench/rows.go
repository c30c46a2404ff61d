package main

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"slices"
	"strconv"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
)

// row is one figure. What does not apply is null.
type row struct {
	Name      string   `json:"name"`
	Unit      string   `json:"unit"`
	Ours      *float64 `json:"ours"`
	Yardstick *float64 `json:"yardstick"`
	Ratio     *float64 `json:"ratio"`
	Target    string   `json:"target"`
	Met       *bool    `json:"met"`
}

// shown is a figure without a target, with the yardstick beside it if there
// is one (above 0).
func shown(name, unit string, ours, yardstick float64) row {
	r := row{Name: name, Unit: unit, Ours: &ours}
	if yardstick > 0 {
		ratio := ours / yardstick
		r.Yardstick, r.Ratio = &yardstick, &ratio
	}
	return r
}

// atLeast is a figure whose own value must reach target.
func atLeast(name, unit string, ours, target float64) row {
	r := shown(name, unit, ours, 0)
	return r.judged(ours >= target, "≥ %s", target)
}

// below is a figure whose own value must stay under target.
func below(name, unit string, ours, target float64) row {
	r := shown(name, unit, ours, 0)
	return r.judged(ours < target, "< %s", target)
}

// against is a figure whose ratio to the yardstick must reach target.
func against(name, unit string, ours, yardstick, target float64) row {
	r := shown(name, unit, ours, yardstick)
	return r.judged(yardstick > 0 && ours/yardstick >= target, "ratio ≥ %s", target)
}

// atMost is a figure whose own value must not exceed target, with the yardstick
// beside it if there is one.
func atMost(name, unit string, ours, yardstick, target float64) row {
	return shown(name, unit, ours, yardstick).judged(ours <= target, "≤ %s", target)
}

// within is a figure whose ratio to the yardstick must not exceed target.
func within(name, unit string, ours, yardstick, target float64) row {
	return shown(name, unit, ours, yardstick).judged(ours <= yardstick*target, "ratio ≤ %s", target)
}

// timesFaster is a time that the yardstick's must be target times of, or more.
func timesFaster(name, unit string, ours, yardstick, target float64) row {
	return shown(name, unit, ours, yardstick).judged(ours*target <= yardstick, "≥ %s times faster", target)
}

func (r row) judged(met bool, target string, value float64) row {
	r.Met, r.Target = &met, fmt.Sprintf(target, figure(&value))
	return r
}

// figure writes a number with three significant digits or so.
func figure(v *float64) string {
	switch {
	case v == nil:
		return ""
	case math.Abs(*v) >= 100:
		return strconv.FormatFloat(*v, 'f', 0, 64)
	case math.Abs(*v) >= 10:
		return strconv.FormatFloat(*v, 'f', 1, 64)
	}
	return strconv.FormatFloat(*v, 'g', 3, 64)
}

func printTable(rows []row) {
	t := table.NewWriter()
	t.SetStyle(table.StyleLight)
	t.Style().Options.DrawBorder, t.Style().Options.SeparateColumns, t.Style().Format.Header = false, false, text.FormatDefault
	t.AppendHeader(table.Row{"name", "unit", "ours", "yardstick", "ratio", "target", "met"})
	for _, r := range rows {
		met := ""
		if r.Met != nil {
			met = map[bool]string{true: "yes", false: "no"}[*r.Met]
		}
		t.AppendRow(table.Row{r.Name, r.Unit, figure(r.Ours), figure(r.Yardstick), figure(r.Ratio), r.Target, met})
	}
	t.SetColumnConfigs([]table.ColumnConfig{{Number: 3, Align: text.AlignRight}, {Number: 4, Align: text.AlignRight}, {Number: 5, Align: text.AlignRight}})
	fmt.Println(t.Render())
}

// writeJSON writes rows to file; no file is none.
func writeJSON(file string, rows []row) error {
	if file == "" {
		return nil
	}
	if rows == nil {
		rows = []row{}
	}
	raw, err := json.MarshalIndent(rows, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(file, append(raw, '\n'), 0o644)
}

// median of a round's figures; 0 if there are none.
func median(values []float64) float64 { return quantile(values, 0.5) }

// quantile is the value below which the share q of values lies.
func quantile(values []float64, q float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	at := q * float64(len(sorted)-1)
	low := int(at)
	if low+1 == len(sorted) {
		return sorted[low]
	}
	return sorted[low] + (at-float64(low))*(sorted[low+1]-sorted[low])
}

// milliseconds of each duration.
func milliseconds(ds []time.Duration) []float64 {
	out := make([]float64, len(ds))
	for i, d := range ds {
		out[i] = float64(d) / float64(time.Millisecond)
	}
	return out
}

// rate is n a second.
func rate(n int64, took time.Duration) float64 { return float64(n) / took.Seconds() }
