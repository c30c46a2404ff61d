package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/stockwell-hub/stockwell/domain/journal"
	"github.com/stockwell-hub/stockwell/store"
)

// reports has the books tell of the registry.
func (j *journey) reports() { j.tells = true }

var namedUse = regexp.MustCompile(`\{([^ {}]+) ([^ {}]+)\}`)

// respond drops an answer of the registry's. {CASE KEY} stands for the latest
// record of that use.
func (j *journey) respond(name string) error {
	var failed error
	raw := namedUse.ReplaceAllStringFunc(string(j.file(name)), func(text string) string {
		record, err := j.recordOf(namedUse.FindStringSubmatch(text)[1:]...)
		failed = cmp.Or(failed, err)
		return record
	})
	if failed != nil {
		return failed
	}
	j.dropIn("responses", name, []byte(raw))
	j.quiet()
	return nil
}

// recordOf is the latest record of a use, by the names of its case and line.
func (j *journey) recordOf(use ...string) (record string, err error) {
	record, err = j.query(`SELECT s.record FROM submission s JOIN usage_line l ON l.trust = s.trust AND l.id = s.line JOIN theatre_case c ON c.trust = l.trust AND c.id = l.case_id
		WHERE c.name = $1 AND l.key = $2 ORDER BY s.made DESC LIMIT 1`, use[0], use[1])
	if err == nil && record == "" {
		err = fmt.Errorf("there is no record of %v", use)
	}
	return record, err
}

// registry tells where each use stands with the registry.
func (b *books) registry(ctx context.Context, s *store.Store, trust string) error {
	all, err := s.Submissions(ctx, trust, journal.SubmissionFilter{})
	if err != nil || !b.part("submissions", len(all)) {
		return err
	}
	slices.SortFunc(all, func(x, y journal.Submission) int {
		return cmp.Or(cmp.Compare(x.Case, y.Case), cmp.Compare(x.Line, y.Line))
	})
	for _, x := range all {
		b.line("  %s %s: %s%s", x.Case, b.key(x.Line), standingOf(x), why(x.Why))
		for _, m := range x.Missing {
			b.line("    missing %s, for the %s: %s", m.Field, m.Who, m.Code)
		}
		for _, m := range x.Remarks {
			b.line("    worth knowing of %s: %s", m.Field, m.Code)
		}
		if x.Record == "" {
			continue
		}
		d, err := s.Submission(ctx, trust, x.Record)
		if err != nil {
			return err
		}
		for _, v := range d.Versions {
			b.line("    %s %d %s: %s%s%s, of %s, because of %s %s, %s", v.Record, v.Version, v.Action, v.State, prefixed(" in ", v.Batch), prefixed(", says ", strings.TrimSpace(v.Code+" "+v.Reason)), b.patient(v.Patient), b.labels[v.Message], v.Origin, b.mapping(v.Profile))
		}
	}
	return nil
}

var madeAt = regexp.MustCompile(`"created": "[^"]*"`)

// registryFiles tells what the registry's server holds. What names a patient
// reads as the first, second and so on that the test told of.
func (b *books) registryFiles(dir string, secrets []string) {
	names := []string{}
	for _, s := range secrets {
		if !slices.Contains(names, s) {
			names = append(names, s)
		}
	}
	var masks []string
	for i, s := range names {
		masks = append(masks, s, fmt.Sprintf("<name or number %d>", i+1))
	}
	mask := strings.NewReplacer(masks...)
	for _, folder := range []string{"submissions", "responses", "responses/processed", "responses/rejected"} {
		entries, _ := os.ReadDir(filepath.Join(dir, folder))
		for _, e := range entries {
			if e.IsDir() {
				continue
			}
			raw, _ := os.ReadFile(filepath.Join(dir, folder, e.Name()))
			b.line("file %s/%s", folder, e.Name())
			if folder != "submissions" {
				continue
			}
			text := madeAt.ReplaceAllString(mask.Replace(strings.ReplaceAll(string(raw), time.Now().Format(time.DateOnly), "TODAY")), `"created": NOW`)
			for row := range strings.Lines(text) {
				b.line("  %s", strings.NewReplacer("\r", `\r`, "\n", `\n`).Replace(row))
			}
		}
	}
}

// expectRegistry answers what a journey claims by hand of the registry.
func (j *journey) expectRegistry(w []string) (got string, err error) {
	ctx, s := j.t.Context(), j.hub.store
	switch w[0] {
	case "holds": // how many records the registry holds, having accepted them
		return j.query(`SELECT count(*)::text FROM (SELECT DISTINCT ON (record) action FROM submission WHERE state = 'accepted' ORDER BY record, version DESC) x WHERE action <> 'withdraw'`)
	case "batches":
		return j.query(`SELECT count(*)::text FROM registry_batch WHERE sent_at IS NOT NULL`)
	}
	all, err := s.Submissions(ctx, "ZZ1", journal.SubmissionFilter{})
	if err != nil {
		return "", err
	}
	i := slices.IndexFunc(all, func(x journal.Submission) bool { return x.Case == w[1] && x.Line == w[2] })
	if i < 0 {
		return "none", nil
	}
	x := all[i]
	switch w[0] {
	case "missing":
		var codes []string
		for _, m := range x.Missing {
			codes = append(codes, m.Code)
		}
		return cmp.Or(strings.Join(codes, ","), "nothing"), nil
	case "told": // the versions, as "new accepted, amend sent"
		d, err := s.Submission(ctx, "ZZ1", x.Record)
		var out []string
		for _, v := range d.Versions {
			out = append(out, v.Action+" "+v.State)
		}
		return strings.Join(out, ", "), err
	}
	return standingOf(x), nil
}
