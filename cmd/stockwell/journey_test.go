package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stockwell-hub/stockwell/domain/journal"
)

const journeys = "../../testdata/journeys"

// TestJourneys plays each folder of testdata/journeys against a hub of its
// own: bytes in, the books and files that follow out. README.md there says how
// one is written.
func TestJourneys(t *testing.T) {
	t.Parallel()
	scripts, err := filepath.Glob(filepath.Join(journeys, "*", "journey.txt"))
	if err != nil || len(scripts) < 12 {
		t.Fatalf("%d journeys, %v", len(scripts), err)
	}
	for _, script := range scripts {
		dir := filepath.Dir(script)
		t.Run(filepath.Base(dir), func(t *testing.T) {
			t.Parallel()
			raw, err := os.ReadFile(script)
			if err != nil {
				t.Fatal(err)
			}
			j := &journey{hospital: newHospital(t), dir: dir}
			j.play(string(raw))
		})
	}
}

// journey is one folder being played.
type journey struct {
	*hospital
	dir    string
	seeded bool
	shown  strings.Builder
	last   string // what the command said that was shown last
}

var word = regexp.MustCompile(`"[^"]*"|\S+`)

func (j *journey) play(script string) {
	if !strings.HasPrefix(script, "# ") {
		j.t.Fatal("a journey begins with a line that says what a hospital would expect, and why")
	}
	if strings.Contains(script, "\nstockwell submissions") {
		j.reports()
	}
	for n, line := range strings.Split(script, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		words := word.FindAllString(line, -1)
		for i := range words {
			words[i] = strings.Trim(words[i], `"`)
		}
		if err := j.step(words); err != nil {
			j.t.Fatalf("journey.txt:%d: %s\n%v\n\n%s", n+1, line, err, j.books())
		}
	}
	j.look("at the end")
	j.private()
	j.compare()
}

func (j *journey) step(w []string) error {
	if before := []string{"set", "connector", "write", "append", "alias"}; j.hub == nil && !slices.Contains(before, w[0]) {
		j.start()
		if !j.seeded {
			j.seed()
			j.seeded = true
		}
	}
	switch w[0] {
	case "set":
		j.set(w[1], w[2])
		return nil
	case "connector":
		return j.connector(w[1], w[2])
	case "write", "append":
		return j.edit(w[0] == "append", w[1], w[2])
	case "send":
		return j.sends(w[1], w[2], w[3:])
	case "post":
		return j.postStep(w[1], w[2], w[3:])
	case "respond":
		return j.respond(w[1])
	case "answer":
		j.drop(w[1], j.file(w[1]))
		j.quiet()
		return nil
	case "receive":
		return j.receive(w[1:])
	case "replay":
		return j.replay(w[1], w[2:])
	case "stockwell", "!":
		return j.command(w)
	case "shows":
		return j.shows(w[1:])
	case "stop":
		j.hub, j.client = nil, nil
		return j.stopHub()
	case "minute":
		j.hub.feeds.look(j.t.Context())
		j.quiet()
		return nil
	case "alias":
		return j.alias(w[1], w[2])
	case "look":
		j.look(w[1])
		return nil
	case "expect":
		if w[1] == "said" {
			return j.expectSaid(w[2:])
		}
		return j.expect(w[1:])
	}
	return fmt.Errorf("there is no step %q", w[0])
}

func (j *journey) file(name string) []byte {
	raw, err := os.ReadFile(filepath.Join(j.dir, name))
	j.must(err)
	return raw
}

// connector gives the connector theatre a setting.
func (j *journey) connector(key, value string) error {
	file := j.trustFile("trust.yaml")
	const next, after = "\n  - name: fhir ", "    overlay: mapping.yaml\n"
	theatre, rest, ok := strings.Cut(j.read(file), next)
	if !ok || !strings.Contains(theatre, after) {
		return fmt.Errorf("trust.yaml has no connector theatre with an overlay before the FHIR door")
	}
	theatre = regexp.MustCompile(`(?m)^    `+key+`: .*\n`).ReplaceAllString(theatre, "")
	j.write(file, strings.Replace(theatre, after, after+"    "+key+": "+value+"\n", 1)+next+rest)
	return nil
}

// alias adds a sender's name of a place.
func (j *journey) alias(place, name string) error {
	file := j.trustFile("trust.yaml")
	text := j.read(file)
	more := regexp.MustCompile(`(code: `+place+`,.*aliases: \[)`).ReplaceAllString(text, `${1}"`+name+`", `)
	if more == text {
		return fmt.Errorf("trust.yaml has no place %s with aliases", place)
	}
	j.write(file, more)
	return nil
}

// edit changes a file of the trust's folder, and waits until a running hub
// has taken it up.
func (j *journey) edit(add bool, name, what string) error {
	text := what + "\n"
	if add {
		before, _ := os.ReadFile(j.path(j.trustFile(name)))
		text = string(before) + text
	} else {
		text = string(j.file(what))
	}
	j.write(j.trustFile(name), text)
	if j.hub == nil {
		return nil
	}
	m := j.hub.trusts["ZZ1"].mappings
	j.until("the hub has looked at "+name, func() (string, error) {
		now, err := digestOf(m.cfg.Dir)
		m.mu.RLock()
		defer m.mu.RUnlock()
		if now != m.digest {
			return "it has not", nil
		}
		return "", err
	})
	// What is wrong with it is told a moment later.
	j.until("its warning is written", func() (string, error) {
		open, err := j.query(`SELECT 'open' FROM warning WHERE kind = 'mapping_broken' AND closed_at IS NULL`)
		if check, _, _ := j.cli("check", "--offline"); (check != 0) != (open != "") {
			return "it is not", nil
		}
		return "", err
	})
	return nil
}

// private fails the journey where the log, an answer, a command or a file
// name tells who the patient is (law 9).
func (j *journey) private() {
	j.t.Helper()
	var names []string
	j.must(filepath.Walk(j.stage.erpDir, func(path string, _ os.FileInfo, err error) error {
		names = append(names, path)
		return err
	}))
	for _, secret := range j.secrets {
		for where, text := range map[string]string{"log": j.log.String(), "answers and commands": j.said.String(), "file names": strings.Join(names, "\n"), "books": j.shown.String()} {
			if strings.Contains(strings.ToLower(text), strings.ToLower(secret)) {
				j.t.Errorf("law 9: the %s hold %q of a patient", where, secret)
			}
		}
	}
}

func (j *journey) message(label string) (journal.Message, error) {
	control, nth, _ := strings.Cut(label, "#")
	which := journal.Filter{ControlID: control}
	if control == personSource {
		which = journal.Filter{Connector: personSource}
	}
	found, err := j.hub.store.Messages(j.t.Context(), "ZZ1", which)
	if err != nil {
		return journal.Message{}, err
	}
	slices.Reverse(found)
	n := 1
	if nth != "" {
		n, _ = strconv.Atoi(nth)
	}
	if len(found) < n {
		return journal.Message{}, fmt.Errorf("there is no message %s", label)
	}
	return found[n-1], nil
}

func (j *journey) replay(label string, how []string) error {
	m, err := j.message(label)
	if err != nil {
		return err
	}
	status, _, stderr := j.cli("messages", "replay", strconv.FormatInt(m.ID, 10))
	j.quiet()
	if len(how) == 2 && how[0] == "fails" {
		if status == 0 || !strings.Contains(stderr, how[1]) {
			return fmt.Errorf("status %d, %s", status, stderr)
		}
		return nil
	}
	if status != 0 {
		return fmt.Errorf("status %d, %s", status, stderr)
	}
	return nil
}

func (j *journey) command(w []string) error {
	wrong := w[0] == "!"
	if wrong {
		w = w[1:]
	}
	w, err := j.numbers(w[1:])
	if err != nil {
		return err
	}
	status, out, stderr := j.cli(w...)
	j.quiet()
	if (status != 0) != wrong {
		return fmt.Errorf("status %d\n%s%s", status, out, stderr)
	}
	return nil
}

// numbers puts in what a command names by a number that no script can know:
// HOLD is the one open hold, WARNING:KIND the one open warning of the kind,
// RECORD:CASE:KEY the latest record of a use, CONFLICT:KIND the one open
// conflict of the kind, and FILE:NAME a file of the journey's folder.
func (j *journey) numbers(w []string) ([]string, error) {
	w = slices.Clone(w)
	for i, word := range w {
		sql, kind := "", ""
		if of, ok := strings.CutPrefix(word, "RECORD:"); ok {
			record, err := j.recordOf(strings.SplitN(of, ":", 2)...)
			if err != nil {
				return nil, err
			}
			w[i] = record
			continue
		}
		if name, ok := strings.CutPrefix(word, "FILE:"); ok {
			w[i] = filepath.Join(j.dir, name)
			continue
		}
		switch {
		case strings.HasPrefix(word, "CONFLICT:"):
			sql, kind = `SELECT CASE WHEN count(*) = 1 THEN min(id)::text END FROM catalogue_conflict WHERE closed_at IS NULL AND kind = $1`, strings.TrimPrefix(word, "CONFLICT:")
		case word == "HOLD":
			sql = `SELECT CASE WHEN count(*) = 1 THEN min(id)::text END FROM stock_hold WHERE released_at IS NULL AND $1 = ''`
		case strings.HasPrefix(word, "WARNING:"):
			sql, kind = `SELECT CASE WHEN count(*) = 1 THEN min(id)::text END FROM warning WHERE closed_at IS NULL AND kind = $1`, strings.TrimPrefix(word, "WARNING:")
		default:
			continue
		}
		n, err := j.query(sql, kind)
		if err != nil || n == "" {
			return nil, fmt.Errorf("there is not one %s: %w", word, err)
		}
		w[i] = n
	}
	return w, nil
}

// look writes the books as they are now into what is compared.
func (j *journey) look(title string) {
	fmt.Fprintf(&j.shown, "== %s ==\n%s\n", title, j.books())
}

func (j *journey) compare() {
	j.t.Helper()
	file := filepath.Join(j.dir, "expected.txt")
	if *update {
		j.must(os.WriteFile(file, []byte(j.shown.String()), 0o644))
		return
	}
	want, err := os.ReadFile(file)
	if err != nil || string(want) != j.shown.String() {
		j.t.Errorf("%s says otherwise (run with -update and read the diff):\n%s", file, difference(string(want), j.shown.String()))
	}
}

// difference shows the lines that only one of two texts has.
func difference(want, got string) string {
	var out strings.Builder
	w, g := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range max(len(w), len(g)) {
		x, y := "", ""
		if i < len(w) {
			x = w[i]
		}
		if i < len(g) {
			y = g[i]
		}
		if x != y {
			fmt.Fprintf(&out, "%d - %s\n%d + %s\n", i+1, x, i+1, y)
		}
	}
	return out.String()
}
