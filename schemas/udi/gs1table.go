package udi

import (
	_ "embed"
	"strconv"
	"strings"
)

//go:embed gs1ai.txt
var aiText string

// ai is what gs1ai.txt says of one application identifier.
type ai struct {
	code       string
	predefined bool // no separator follows
	parts      []part
	min, max   int
	needs      [][]string // all of; each any of
	excludes   []string
	primary    bool       // of a Digital Link URI
	qualifiers [][]string // the sequences that may follow it
	pathOnly   bool       // may not stand in a Digital Link's query
	title      string
	healthcare bool
}

// part is one component of an identifier's value.
type part struct {
	class    byte // N, X, Y, Z
	min, max int
	rule     rule
	optional bool
}

var (
	aiTable []ai
	// aiIndex finds aiTable's row plus one by the identifier's digits, which
	// its first two digits say how many to take (aiLength).
	aiIndex [4][10000]uint16
	// aiLength is an identifier's number of digits by its first two; 0 where
	// GS1 has assigned none.
	aiLength [100]uint8
)

// healthcareAIs may stand in a device's carrier after a lot or serial; they
// are where an unseparated text may hide a second element.
var healthcareAIs = map[string]bool{
	"10": true, "11": true, "13": true, "15": true, "16": true, "17": true, "21": true,
	"30": true, "240": true, "241": true, "250": true, "7003": true, "8008": true, "8012": true,
}

func init() {
	for line := range strings.Lines(aiText) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		f := strings.Split(line, "|")
		first, last, run := strings.Cut(f[0], "-")
		if !run {
			last = first
		}
		parts, lo, hi := partsOf(f[2])
		from, to := number(first), number(last)
		for n := from; n <= to; n++ {
			code := strconv.Itoa(n)
			code = "0000"[:len(first)-len(code)] + code
			row := ai{
				code: code, predefined: f[1] == "=", parts: parts, min: lo, max: hi,
				needs: demands(f[3]), excludes: list(f[4], ","), title: titleOf(f[6], n%10),
				healthcare: healthcareAIs[code], pathOnly: f[5] == "-",
			}
			if strings.HasPrefix(f[5], "*") {
				row.primary = true
				for _, s := range list(f[5][1:], "~") {
					row.qualifiers = append(row.qualifiers, strings.Split(s, "/"))
				}
			}
			aiTable = append(aiTable, row)
			aiIndex[len(code)-1][n] = uint16(len(aiTable))
			aiLength[number(code[:2])] = uint8(len(code))
		}
	}
	for _, two := range reserved {
		aiLength[two] = 2
	}
}

// reserved two-digit identifiers have a predefined length though GS1 has
// given them no meaning (General Specifications 7.8.5).
var reserved = [...]int{4, 14, 18, 19}

// reservedLength is the predefined length of the value of an identifier that
// is not in the table, or 0 if it runs to a separator.
func reservedLength(code string) int {
	switch code[0] {
	case '0':
		return 16
	case '1':
		return 6
	case '3':
		if code[1] >= '1' && code[1] <= '6' {
			return 6
		}
	case '4':
		if code[1] == '1' {
			return 13
		}
	}
	return 0
}

// titleOf writes the last digit of a run's identifier into its title.
func titleOf(title string, last int) string {
	title = strings.ReplaceAll(title, "# n+1", "# "+strconv.Itoa(last+1))
	return strings.ReplaceAll(title, "# n", "# "+strconv.Itoa(last))
}

// partsOf reads the notation "N13:check X..17?" and the total length's range.
func partsOf(s string) (parts []part, lo, hi int) {
	for _, w := range strings.Fields(s) {
		p := part{class: w[0]}
		w, p.optional = strings.CutSuffix(w[1:], "?")
		size, name, _ := strings.Cut(w, ":")
		p.rule = ruleNames[name]
		if upTo, ok := strings.CutPrefix(size, ".."); ok {
			p.min, p.max = 1, number(upTo)
		} else {
			p.min = number(size)
			p.max = p.min
		}
		if !p.optional {
			lo += p.min
		}
		hi += p.max
		parts = append(parts, p)
	}
	return parts, lo, hi
}

func demands(s string) (all [][]string) {
	for _, d := range list(s, ";") {
		all = append(all, strings.Split(d, ","))
	}
	return all
}

func list(s, sep string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, sep)
}
