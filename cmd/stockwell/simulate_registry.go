package main

import (
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/stockwell-hub/stockwell/domain/journal"
	"github.com/stockwell-hub/stockwell/simulator/erp"
	"github.com/stockwell-hub/stockwell/simulator/expected"
	"github.com/stockwell-hub/stockwell/store"
)

// batches are the registry's batches that are whole, by their names.
func batches(dir string) ([]string, error) {
	files, err := filepath.Glob(filepath.Join(dir, "mdor", "*.manifest.json"))
	for i, f := range files {
		files[i] = strings.TrimSuffix(filepath.Base(f), ".manifest.json")
	}
	return files, err
}

// respond answers each batch of the registry's once.
func (b *erpBook) respond(dir string) {
	names, _ := batches(dir)
	for _, name := range names {
		f := erpFile{folder: "responses", name: "response-" + name + ".csv"}
		if sent, _ := whereIs(dir, f); sent {
			continue
		}
		all, err := b.sim.judged(dir, name)
		if err != nil {
			continue // looked at again
		}
		f.raw = erp.WriteResponse(all)
		_ = f.drop(dir)
	}
}

// judged are a batch's rows with what the registry says of them.
func (s *simulation) judged(dir, name string) ([]erp.Record, error) {
	raw, err := os.ReadFile(filepath.Join(dir, "mdor", name+".csv"))
	if err != nil {
		return nil, err
	}
	all, err := erp.ReadBatch(raw)
	erp.Judge(s.plan.Hospital, all)
	return all, err
}

// unreported has what is ready for the registry leave, and says what has no
// answer yet.
func (s *simulation) unreported(ctx context.Context, hub *store.Store, trust string) (string, error) {
	r, err := hub.Registry(ctx, trust)
	if err != nil || !r.Reports {
		return "", err
	}
	if n := r.States["ready"]; n > 0 {
		if _, err := hub.AskBatch(ctx, trust, "the simulation"); err != nil {
			return "", err
		}
		return fmt.Sprintf("%d records are not sent", n), nil
	}
	if n := r.States["sent"]; n > 0 {
		return fmt.Sprintf("%d records have no answer", n), nil
	}
	return "", nil
}

// everySubmission is more than there are.
const everySubmission = 1 << 30

// submissions compares where each line stands with the device registry, and
// what the registry holds of it.
func (v *verification) submissions(s *simulation, a *app, hub *store.Store, trust, dir string) error {
	all, err := hub.Submissions(a.ctx, trust, journal.SubmissionFilter{Limit: everySubmission})
	if err != nil {
		return err
	}
	held, err := v.atRegistry(s, dir)
	if err != nil {
		return err
	}
	says := map[string]journal.Submission{}
	for _, x := range all {
		says[v.cases[x.CaseID]+" "+x.Line] = x
	}
	for _, number := range sortedKeys(v.state.Cases) {
		c := v.state.Cases[number]
		for _, l := range c.Lines {
			if l.Key != "" {
				v.submission(s, c, l, says[number+" "+l.Key], held)
			}
		}
	}
	return nil
}

// atRegistry compares the versions that the hub says it told with the batches
// that are there, and gives what the registry accepted last of each record.
func (v *verification) atRegistry(s *simulation, dir string) (held map[string]erp.Record, err error) {
	names, err := batches(dir)
	if err != nil {
		return nil, err
	}
	slices.Sort(names)
	says, digests := map[string]journal.AccountVersion{}, map[string]string{}
	for _, x := range v.told {
		says[fmt.Sprintf("record %s, version %d", x.Record, x.Version)], digests[x.Batch] = x, x.Digest
	}
	held = map[string]erp.Record{}
	for _, name := range names {
		rows, err := s.judged(dir, name)
		if err != nil {
			return nil, err
		}
		raw, err := os.ReadFile(filepath.Join(dir, "mdor", name+".csv"))
		if err != nil {
			return nil, err
		}
		same(v, digests[name], fmt.Sprintf("%x", sha256.Sum256(raw)), "digest of registry batch %s", name)
		for _, r := range rows {
			what, state := fmt.Sprintf("record %s, version %d", r.Record, r.Version), "rejected"
			if r.Accepted {
				held[r.Record], state = r, "accepted"
			}
			x := says[what]
			same(v, orDash(strings.TrimSpace(strings.Join([]string{x.Action, x.State, x.Batch}, " "))), strings.Join([]string{r.Action, state, name}, " "), "%s", what)
			if x.Record != "" && r.Patient != "" {
				same(v, v.who(x.Patient), v.state.People[r.Patient], "%s: its patient", what)
			}
			delete(says, what)
		}
	}
	for _, what := range sortedKeys(says) {
		same(v, says[what].State, "not told", "%s", what)
	}
	return held, nil
}

func (v *verification) submission(s *simulation, c *expected.Case, l *expected.Line, x journal.Submission, held map[string]erp.Record) {
	of := fmt.Sprintf("case %s, %s: ", c.Number, l.Name())
	shall := v.state.Registration(s.plan.Hospital, c, l)
	says := map[string]expected.Registration{"": expected.NotReported, "not_needed": expected.NotReported, "withdrawn": expected.NotReported, "incomplete": expected.Incomplete,
		"accepted": expected.Reported, "rejected": expected.Reported}[x.State]
	if shall == expected.Doubtful && (says == expected.Incomplete || x.State == "withdrawn") {
		says = shall
	}
	if says == "" {
		says = expected.Registration(x.State)
	}
	same(v, says, shall, "%swhere it stands with the registry", of)
	r, known := held[x.Record]
	switch {
	case known && shall != expected.Reported:
		same(v, r.Action, "withdraw", "%swhat the registry accepted last", of)
	case known && x.State == "accepted" && shall == expected.Reported:
		same(v, r.Lot, l.Lot, "%sits lot at the registry", of)
		same(v, r.Serial, l.Serial, "%sits serial number at the registry", of)
		same(v, v.state.People[r.Patient], l.Person, "%sits patient at the registry", of)
	}
}
