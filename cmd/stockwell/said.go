package main

import (
	"errors"
	"strings"
)

// said is what a person must say of a decision: a name, or a reason. Blanks say
// nothing.
type said string

// UnmarshalText takes what was said, without outer blanks.
func (s *said) UnmarshalText(text []byte) error {
	t := strings.TrimSpace(string(text))
	if t == "" {
		return errors.New("it is empty: say who or why, in a few words")
	}
	*s = said(t)
	return nil
}
