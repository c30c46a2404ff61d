package posting

import (
	"fmt"
	"strings"
)

// summary tells what a message did, in the words of a page.
type summary struct {
	note  string
	lines map[string]int
	order []string
	rows  map[int]bool // of a file, that had no effect
}

func (s *summary) refuse(row int) {
	if s.rows == nil {
		s.rows = map[int]bool{}
	}
	s.rows[row] = true
}

func (s *summary) line(what string) {
	if s.lines == nil {
		s.lines = map[string]int{}
	}
	if s.lines[what] == 0 {
		s.order = append(s.order, what)
	}
	s.lines[what]++
}

func (s *summary) text(outcome string) string {
	var parts []string
	for _, w := range s.order {
		n, noun := s.lines[w], "lines"
		if n == 1 {
			noun = "line"
		}
		parts = append(parts, fmt.Sprintf("%d %s %s", n, noun, w))
	}
	switch n := len(s.rows); n {
	case 0:
	case 1:
		parts = append(parts, "1 row had no effect")
	default:
		parts = append(parts, fmt.Sprintf("%d rows had no effect", n))
	}
	if s.note != "" {
		parts = append(parts, s.note)
	}
	if len(parts) > 0 {
		return strings.Join(parts, "; ")
	}
	switch outcome {
	case "superseded":
		return "A later word was taken up before; nothing changed."
	case "no_change":
		return "Nothing changed."
	default:
		return "Taken up."
	}
}
