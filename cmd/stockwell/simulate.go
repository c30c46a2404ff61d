package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/stockwell-hub/stockwell/connectors/sftp/jail"
	"github.com/stockwell-hub/stockwell/internal/fault"
	simfeeds "github.com/stockwell-hub/stockwell/simulator/feeds"
	"github.com/stockwell-hub/stockwell/simulator/folder"
	simhospital "github.com/stockwell-hub/stockwell/simulator/hospital"
	"github.com/stockwell-hub/stockwell/simulator/trouble"
)

type simulateCmd struct {
	Out      string   `help:"The simulation's folder: configuration, messages, the ERP's files and what was sent. Default: the folder of --data, else data/simulation." type:"path" placeholder:"DIR"`
	Seed     uint64   `help:"What chance begins with; the same seed and parameters give the same bytes." default:"1"`
	Theatres int      `help:"Operating theatres." default:"5"`
	Days     int      `help:"Days that are simulated." default:"7"`
	Start    string   `help:"The first day. The default's week has the end of summer time in it." default:"2026-10-19" placeholder:"CCYY-MM-DD"`
	Growth   float64  `help:"How much activity grows in a year: 0.05 is five per cent." default:"0.03"`
	Faults   string   `help:"What goes wrong: all, none, or names with commas between them, each with a rate of its own if wanted, as late=0.2." default:"all"`
	Feeds    []string `help:"Only these feeds: theatre, snapshot, actions, daybook, fhir, cabinet, pas. Default: all." placeholder:"NAME"`
	Port     int      `help:"First port of the simulated hub: pages, ERP, then one for each feed." default:"27000"`

	Send        bool    `help:"Send to the running hub, from where the last run was left, and answer its orders."`
	Speed       float64 `help:"How many times faster than real time messages are sent; 0: as fast as they are acknowledged." default:"0"`
	Rate        float64 `help:"Most messages a second; 0: no limit." default:"0"`
	Connections int     `help:"Connections; no sender ever has more than one message in flight. 0: one for each sender." default:"0"`
	ERPDir      string  `name:"erp-dir" help:"Folder of an ERP's file server that runs elsewhere. Default: the simulation serves its own." type:"path" placeholder:"DIR"`
	Patience    int     `help:"Seconds that the hub may take to finish what it was sent." default:"600"`

	Bulk int64 `help:"Fill the simulation's database with so many movements of made-up history, for benchmarks at size; the hub need not run." placeholder:"N"`

	Verify  bool `help:"Compare the hub with what it should now say; exit status 1 on any difference."`
	Faulted bool `name:"list-faults" help:"List the faults with their rates."`
}

// Run writes the simulation's folder if it is not there, sends, and compares.
func (c simulateCmd) Run(a *app) error {
	if c.Faulted {
		return c.listFaults(a)
	}
	if err := c.inBounds(); err != nil {
		return err
	}
	s, err := c.open(a)
	if err != nil {
		return err
	}
	if c.Bulk > 0 {
		return s.bulk(a, c.Bulk)
	}
	if !c.Send && !c.Verify {
		return s.written(a)
	}
	if c.Send {
		if err := s.send(a, c); err != nil {
			return err
		}
	}
	if c.Verify {
		return s.verify(a, c)
	}
	return nil
}

// inBounds refuses numbers that mean nothing.
func (c simulateCmd) inBounds() error {
	for _, n := range []struct {
		flag  string
		value float64
	}{{"--speed", c.Speed}, {"--rate", c.Rate}, {"--connections", float64(c.Connections)}, {"--patience", float64(c.Patience)}, {"--bulk", float64(c.Bulk)}} {
		if n.value < 0 {
			return fault.New(fault.Invalid, "number_negative", "Write a number that is not below zero.").At(n.flag)
		}
	}
	return nil
}

func (c simulateCmd) listFaults(a *app) error {
	if a.JSON {
		return a.printJSON(trouble.All())
	}
	var rows [][]any
	for _, t := range trouble.All() {
		rows = append(rows, []any{t.Name, fmt.Sprintf("%g%%", t.Rate*100), "of " + t.Of, t.About})
	}
	a.printTable("No faults.", []any{"fault", "rate", "", "what happens"}, rows)
	return nil
}

// simulation is one folder, and all that follows from its parameters.
type simulation struct {
	dir string
	// hubConfig and hubData are of the hub that serves it; empty: the folder's.
	hubConfig, hubData string

	settings simulationSettings
	plan     *simfeeds.Plan
	// before is set if the folder was written before: its parameters stand.
	before bool
}

// simulationSettings are what a simulation follows from; its folder keeps
// them.
type simulationSettings struct {
	Seed     uint64           `json:"seed"`
	Theatres int              `json:"theatres"`
	Days     int              `json:"days"`
	Start    string           `json:"start"`
	Growth   float64          `json:"growth"`
	Faults   string           `json:"faults"`
	Feeds    []string         `json:"feeds"`
	At       folder.Addresses `json:"addresses"`
}

// open reads the folder's parameters, or begins a folder with those of the
// command line.
func (c simulateCmd) open(a *app) (*simulation, error) {
	dir := c.Out
	if dir == "" {
		dir = a.Data
	}
	if dir == "" {
		dir = filepath.Join("data", "simulation")
	}
	s := &simulation{dir: dir}
	raw, err := os.ReadFile(s.path("simulation.json"))
	switch {
	case err == nil:
		if err := json.Unmarshal(raw, &s.settings); err != nil {
			return nil, fault.New(fault.Invalid, "simulation_unreadable", "The simulation's parameters cannot be read. Remove the folder and begin anew.").At(s.path("simulation.json"))
		}
		s.before = true
		return s, s.make()
	case !errors.Is(err, fs.ErrNotExist):
		return nil, err
	case c.Send || c.Verify:
		return nil, fault.New(fault.NotFound, "simulation_missing", "There is no simulation in %s. Write one first with `stockwell simulate --out DIR`.", dir)
	}
	if most := 65535 - 1 - len(simfeeds.All()); c.Port < 1 || c.Port > most {
		return nil, fault.New(fault.Invalid, "port_invalid", "The first port is a number from 1 to %d, for those after it are used too.", most).At("--port")
	}
	s.settings = simulationSettings{Seed: c.Seed, Theatres: c.Theatres, Days: c.Days, Start: c.Start, Growth: c.Growth, Faults: c.Faults, Feeds: c.Feeds, At: folder.At(c.Port)}
	if err := s.make(); err != nil {
		return nil, err
	}
	return s, s.write()
}

// make computes the hospital and its feeds.
func (s *simulation) make() error {
	rates, err := trouble.Parse(s.settings.Faults)
	if err != nil {
		return err
	}
	h, err := simhospital.New(simhospital.Params{Seed: s.settings.Seed, Theatres: s.settings.Theatres, Days: s.settings.Days, Start: s.settings.Start, Growth: s.settings.Growth, Troubles: rates})
	if err != nil {
		return err
	}
	s.plan, err = simfeeds.New(h, s.settings.Feeds)
	return err
}

func (s *simulation) path(name string) string { return filepath.Join(s.dir, filepath.FromSlash(name)) }

// write writes the folder, its parameters last: a folder that has them is
// whole.
func (s *simulation) write() error {
	if entries, err := os.ReadDir(s.dir); err == nil && len(entries) > 0 {
		return fault.New(fault.Conflict, "folder_not_empty", "The folder is not empty and holds no simulation, so it is not touched. Name another.").At(s.dir)
	}
	files := folder.Files(s.plan, s.settings.At)
	for name, raw := range files {
		if err := writeUnder(s.path("config/"+name), raw); err != nil {
			return err
		}
	}
	for name, raw := range folder.Truth(s.plan) {
		if err := writeUnder(s.path("truth/"+name), raw); err != nil {
			return err
		}
	}
	if err := makeFolders(s.path("erp"), simulatedERPFolders); err != nil {
		return err
	}
	if err := makeFolders(s.dir, []string{"state"}); err != nil {
		return err
	}
	if err := s.writeSecrets(); err != nil {
		return err
	}
	if err := folder.WriteMessages(s.path("messages"), s.plan); err != nil {
		return err
	}
	raw, err := json.MarshalIndent(s.settings, "", "  ")
	if err != nil {
		return err
	}
	return writeUnder(s.path("simulation.json"), append(raw, '\n'))
}

// simulatedERPFolders are those of the simulated ERP's server.
var simulatedERPFolders = []string{"orders", "answers/processed", "answers/rejected", "goods/processed", "goods/rejected", "mdor", "responses/processed", "responses/rejected"}

// makeFolders makes those that are not there under dir.
func makeFolders(dir string, folders []string) error {
	for _, d := range folders {
		if err := os.MkdirAll(filepath.Join(dir, d), 0o755); err != nil {
			return err
		}
	}
	return nil
}

func writeUnder(name string, raw []byte) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	return os.WriteFile(name, raw, 0o644)
}

// erpPassword is the simulated ERP's, which holds nothing of anybody.
const erpPassword = "simulation"

// fhirToken is what the simulated theatres show at the FHIR door.
const fhirToken = "simulated-theatres-show-this"

// writeSecrets makes the ERP's host key and what the hub knows it by.
func (s *simulation) writeSecrets() error {
	key, err := jail.GenerateHostKey(s.path("erp-host-key"))
	if err != nil {
		return err
	}
	dir := "config/trusts/" + simhospital.Trust + "/secrets/"
	if err := writeUnder(s.path(dir+"known_hosts"), []byte(jail.KnownHostsLine(s.settings.At.ERP, key.PublicKey())+"\n")); err != nil {
		return err
	}
	if err := writeUnder(s.path(dir+"fhir.token"), []byte(fhirToken+"\n")); err != nil {
		return err
	}
	return writeUnder(s.path(dir+"erp.password"), []byte(erpPassword+"\n"))
}

// written tells what the folder holds.
func (s *simulation) written(a *app) error {
	sendings, messages, ahead, again := 0, 0, 0, map[string]int{}
	for _, x := range s.plan.Senders {
		sendings += len(x.Sendings)
		for _, y := range x.Sendings {
			if y.SentAt.After(time.Now()) {
				ahead++
			}
			if y.Again == "" {
				messages++
			} else {
				again[y.Again]++
			}
		}
	}
	uses := 0
	for _, c := range s.plan.Cases {
		uses += len(c.Uses)
	}
	if a.JSON {
		return a.printJSON(map[string]any{"folder": s.dir, "parameters": s.settings, "theatres": len(s.plan.Theatres), "patients": len(s.plan.Patients), "cases": len(s.plan.Cases), "uses": uses,
			"senders": len(s.plan.Senders), "messages": messages, "sent_again": again, "in_the_future": ahead, "opening_stock": len(s.plan.Opening), "par_levels": len(s.plan.Levels)})
	}
	var more []string
	for _, name := range slices.Sorted(maps.Keys(again)) {
		more = append(more, fmt.Sprintf("%d %s", again[name], name))
	}
	fmt.Fprintf(a.out, "%s: %s to %s, %d theatres, %d patients, %d cases, %d uses.\n", s.dir, s.settings.Start, s.plan.End.AddDate(0, 0, -1).Format("2006-01-02"), len(s.plan.Theatres), len(s.plan.Patients), len(s.plan.Cases), uses)
	fmt.Fprintf(a.out, "%d senders have %d messages, and send %d again (%s). Faults: %s.\n", len(s.plan.Senders), messages, sendings-messages, orDash(strings.Join(more, ", ")), cmp.Or(s.settings.Faults, "all"))
	if s.before {
		fmt.Fprintf(a.out, "It was written before, and stands as it is; for other parameters name another folder.\n")
	}
	if ahead > 0 {
		fmt.Fprintf(a.out, "%d of them say that they were sent in the future. A hub lets such a time decide nothing, so a comparison may find differences: let it --start earlier.\n", ahead)
	}
	fmt.Fprintln(a.out)
	fmt.Fprintf(a.out, "Run the hub:    stockwell --data %s serve\nSend:           stockwell simulate --out %[1]s --send\nCompare:        stockwell simulate --out %[1]s --verify\n", s.dir)
	return nil
}
