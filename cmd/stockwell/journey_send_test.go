package main

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// sends sends a message file as a theatre does: with carriage returns, or
// else as told.
func (j *journey) sends(name, want string, how []string) error {
	raw := bytes.ReplaceAll(j.file(name), []byte("\n"), []byte("\r"))
	j.secrets = append(j.secrets, personal(raw)...)
	times, together := 1, 1
	for _, h := range how {
		switch n, isTimes := strings.CutSuffix(h, "-times"); {
		case h == "crlf":
			raw = bytes.ReplaceAll(raw, []byte("\r"), []byte("\r\n"))
		case h == "trailing-blanks":
			raw = bytes.ReplaceAll(raw, []byte("\r"), []byte("  \r"))
		case h == "at-once":
			together = 16
		case isTimes:
			times, _ = strconv.Atoi(n)
		default:
			return fmt.Errorf("there is no way %q to send", h)
		}
	}
	err := j.sendAll(raw, want, times, together)
	j.quiet()
	return err
}

// sendAll sends a message so many times over so many connections.
func (j *journey) sendAll(raw []byte, want string, times, connections int) error {
	if connections == 1 {
		for range times {
			if code, text := j.send(raw); code != want {
				return fmt.Errorf("answered %s %s", code, text)
			}
		}
		return nil
	}
	var all sync.WaitGroup
	answers := make(chan string, connections)
	for range connections {
		all.Go(func() {
			frame := "\x0b" + string(raw) + "\x1c\r"
			got, _ := j.raw([]byte(strings.Repeat(frame, times/connections)), times/connections)
			for _, a := range got {
				if a.Code == want {
					answers <- ""
				}
			}
		})
	}
	go func() { all.Wait(); close(answers) }()
	n := 0
	for range answers {
		n++
	}
	if n != times/connections*connections {
		return fmt.Errorf("%d of %d were answered %s", n, times, want)
	}
	return nil
}

// personal gives what of a message's segments names a patient.
func personal(raw []byte) (out []string) {
	for segment := range strings.SplitSeq(string(raw), "\r") {
		fields := strings.Split(segment, "|")
		for i, f := range fields {
			if fields[0] == "PID" && slices.Contains([]int{2, 3, 5, 19}, i) || fields[0] == "MRG" && i != 5 && i != 6 { // 5 and 6 name a visit
				for _, r := range strings.Split(f, "~") {
					if v, _, _ := strings.Cut(r, "^"); len(v) > 3 {
						out = append(out, v)
					}
				}
			}
		}
	}
	return out
}
