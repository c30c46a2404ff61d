package main

import (
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/stockwell-hub/stockwell/domain/identity"
	"github.com/stockwell-hub/stockwell/domain/journal"
	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/pipeline"
	"github.com/stockwell-hub/stockwell/schemas/canonical"
	"github.com/stockwell-hub/stockwell/store"
)

type casesRecord struct {
	Case        string `arg:"" help:"The case: see cases show. One of which the hub has not heard is named by KIND:VALUE, as the theatre's feed will name it."`
	File        string `arg:"" optional:"" help:"JSON of what was used (docs/operations.md), or - for standard input; else the flags tell one line."`
	Key         string `help:"The line's number on the paper form, as F12-3: told again under it, the line is corrected and not told twice."`
	Item        string `help:"The item's code."`
	Text        string `help:"The words on the form, for what is not in the catalogue."`
	UDI         string `help:"The carrier as scanned."`
	Quantity    string `default:"1" help:"How many."`
	Unit        string `default:"each" enum:"each,pack" help:"Of what: each or pack."`
	Lot         string `help:"The lot."`
	Serial      string `help:"The serial number."`
	Expiry      string `help:"The lot's last good day, as 2027-06-30."`
	Place       string `help:"The place's code or one of its other names."`
	OccurredAt  string `name:"occurred-at" help:"When, as \"2026-03-14 09:15\", by the clock on the wall."`
	Patient     string `help:"The patient's number as the feed tells it, NUMBER^^^AUTHORITY^MR. Without it, the case's patient. It stays in your shell's history: a FILE does not."`
	EvenSo      bool   `help:"Record it though the hub does not know the patient, or the case is another patient's."`
	Disposition string `default:"used_unspecified" enum:"used_unspecified,implanted,explanted,implanted_then_removed,opened_not_used,contaminated,returned_unopened,supplier_liable,reusable" help:"What became of it: used_unspecified, implanted, explanted, implanted_then_removed, opened_not_used, contaminated, returned_unopened, supplier_liable, reusable."`
	Side        string `help:"The side that it is for: left or right." enum:"left,right," default:""`
	By          said   `help:"Who records it. Default: the user of this computer."`
}

// Run records use from paper.
func (c casesRecord) Run(a *app) error {
	return a.withBooks(func(s *store.Store, t *trust) error {
		u, err := c.usage(t)
		if err != nil {
			return err
		}
		about, alias, patient, err := c.which(a, s, t)
		if err != nil {
			return err
		}
		u.Case = canonical.Case{Aliases: []canonical.Alias{alias}}
		if err := completed(&u, t.zone); err != nil {
			return err
		}
		if err := c.checked(a, s, t, u, patient); err != nil {
			return err
		}
		return a.take(s, t, pipeline.TypeUsage, store.DecisionAbout(about), operator(string(c.By)), u)
	})
}

// usage is what was recorded: a file's, or one line by flags.
func (c casesRecord) usage(t *trust) (canonical.Usage, error) {
	if c.File != "" {
		in := io.Reader(os.Stdin)
		if c.File != "-" {
			f, err := os.Open(c.File)
			if err != nil {
				return canonical.Usage{}, fault.Wrap(err, fault.Invalid, "file_unreadable", "The file cannot be read. Check its name and that you may read it.").At(c.File)
			}
			defer f.Close()
			in = f
		}
		raw, err := io.ReadAll(io.LimitReader(in, 4<<20))
		if err != nil {
			return canonical.Usage{}, err
		}
		u, err := pipeline.ReadUsage(raw)
		if err == nil && len(u.Case.Aliases) > 0 {
			err = fault.New(fault.Invalid, "case_in_file", "The case is named on the command line. Leave it out of the file.").At("case")
		}
		return u, err
	}
	l := canonical.UsageLine{Key: c.Key, Text: c.Text, UDI: c.UDI, Quantity: c.Quantity, Unit: c.Unit, Lot: c.Lot, Serial: c.Serial, Expiry: c.Expiry, Disposition: c.Disposition, Side: c.Side}
	if c.Item != "" {
		l.Codes = []canonical.Code{{Kind: "erp", Value: c.Item}}
	}
	if c.Item == "" && c.Text == "" {
		return canonical.Usage{}, fault.New(fault.Invalid, "item_needed", "Say what was used: --item with the item's code, or --text with the words on the form.")
	}
	u := canonical.Usage{OccurredAt: canonical.Instant{Text: c.OccurredAt}, Lines: []canonical.UsageLine{l}}
	if c.Place != "" {
		u.Place = canonical.Place{Code: c.Place}
	}
	if c.Patient != "" {
		part := append(strings.Split(c.Patient, "^"), "", "", "", "")
		if part[3] == "" {
			return u, fault.New(fault.Invalid, "patient_authority_needed", "Write the number with who gave it out, as the feed does: NUMBER^^^AUTHORITY^MR.").At("--patient")
		}
		if part[4] == "" {
			part[4] = "MR"
		}
		u.Patient.Identifiers = []canonical.Identifier{{Type: part[4], Authority: part[3], Value: part[0]}}
	}
	return u, nil
}

// which finds the case, or takes the name of one that is not known yet, and
// gives its patient.
func (c casesRecord) which(a *app, s *store.Store, t *trust) (about string, alias canonical.Alias, patient int64, err error) {
	d, err := s.Case(a.ctx, t.cfg.ODS, journal.CaseQuery{Case: c.Case, Lines: 1, Zone: t.zone})
	if err == nil {
		n := d.Names[0]
		return numberOr(d.ID), canonical.Alias{Kind: n.Kind, Value: n.Value}, d.Patient, nil
	}
	if !fault.Is(err, fault.NotFound) {
		return "", alias, 0, err
	}
	kinds, err := s.CaseKinds(a.ctx, t.cfg.ODS)
	if err != nil {
		return "", alias, 0, err
	}
	kind, value, ok := strings.Cut(c.Case, ":")
	if !ok || value == "" || kind == "id" || len(kinds) > 0 && !slices.Contains(kinds, kind) {
		known := "as case_number:4411"
		if len(kinds) > 0 {
			known = "where KIND is one of " + strings.Join(kinds, ", ")
		}
		return "", alias, 0, fault.New(fault.NotFound, "case_not_found", "There is no case %s. To record use of one that the hub has not heard of, name it KIND:VALUE, %s.", c.Case, known)
	}
	return c.Case, canonical.Alias{Kind: kind, Value: value}, 0, nil
}

// completed fills in what a form need not say, and refuses what it must.
func completed(u *canonical.Usage, zone *time.Location) error {
	if u.Mode == "" {
		u.Mode = canonical.Increments
	}
	if u.Mode != canonical.Increments {
		return fault.New(fault.Invalid, "mode_invalid", "A form tells each line for itself: mode is increments, or left out.").At("mode")
	}
	if u.Source != "" || u.Scope != "" {
		return fault.New(fault.Invalid, "source_invalid", "What a person records has no source and no scope of its own. Leave them out.").At("source")
	}
	if err := wallTime(&u.OccurredAt, zone); err != nil {
		return err.At("occurred_at")
	}
	if !u.OccurredAt.Known() {
		return fault.New(fault.Invalid, "time_needed", "Say when it was used, as \"2026-03-14 09:15\".").At("occurred_at")
	}
	if len(u.Lines) == 0 {
		return fault.New(fault.Invalid, "lines_needed", "It tells of no line.").At("lines")
	}
	seen := map[string]bool{}
	for i := range u.Lines {
		l := &u.Lines[i]
		if err := completedLine(l, i+1, zone); err != nil {
			return err
		}
		if seen[l.Key] {
			return fault.New(fault.Invalid, "key_twice", "Two lines have the key %s. Two things of one kind are two lines with a number each.", l.Key).At(l.Origin)
		}
		seen[l.Key] = true
	}
	return nil
}

// checked refuses what is a slip of the pen rather than a fact: an item, a
// place or a patient that was typed and is not known.
func (c casesRecord) checked(a *app, s *store.Store, t *trust, u canonical.Usage, patient int64) error {
	if c.File == "" && c.Item != "" {
		if known, err := s.KnowsItem(a.ctx, t.cfg.ODS, c.Item); err != nil || !known {
			if err == nil {
				err = fault.New(fault.NotFound, "item_unknown", "The catalogue has no item %s. Correct it, or record the words on the form with --text: the line can be resolved later.", c.Item).At("--item")
			}
			return err
		}
	}
	if c.File == "" && t.post.Rules.Places[strings.ToUpper(strings.TrimSpace(c.Place))] == 0 {
		var codes []string
		for _, p := range t.cfg.Places {
			codes = append(codes, p.Code)
		}
		return fault.New(fault.NotFound, "place_unknown", "Say where it was used with --place: the trust has %s.", strings.Join(codes, ", ")).At("--place")
	}
	var ps []identity.Pseudonym
	for _, i := range u.Patient.Identifiers {
		id := identity.Identifier{Type: i.Type, Authority: i.Authority, Value: i.Value}
		if !id.Identifies() {
			return fault.New(fault.Invalid, "patient_number_invalid", "The patient's number is none: it is empty, or an NHS Number with a wrong check digit. Correct it.").At("patient")
		}
		ps = append(ps, t.post.Rules.Vault.Pseudonym(id))
	}
	if c.EvenSo || len(ps) == 0 && patient != 0 {
		return nil
	}
	if len(ps) == 0 {
		return fault.New(fault.Invalid, "patient_needed", "No patient is known of this case. Say who it was with --patient, or add --even-so if nobody knows yet.").At("patient")
	}
	who, err := s.PatientOf(a.ctx, t.cfg.ODS, ps)
	switch {
	case err != nil:
		return err
	case who == 0:
		return fault.New(fault.NotFound, "patient_unknown", "The hub knows no patient by this number. Compare number and authority with the wristband and the feed; if both are right, add --even-so.").At("patient")
	case patient != 0 && who != patient:
		return fault.New(fault.Conflict, "patient_differs", "The case is patient %d's, and the number is patient %d's. Compare both with the wristband; if it was this patient all the same, add --even-so.", patient, who).At("patient")
	}
	return nil
}
