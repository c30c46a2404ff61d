package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/stockwell-hub/stockwell/connectors/mllp"
	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/schemas/hl7v2"
)

type hl7Cmd struct {
	Send hl7Send `cmd:"" help:"Send the messages of files over MLLP and print each answer."`
}

type hl7Send struct {
	File    string        `arg:"" help:"File of one or more messages; - for standard input."`
	Address string        `arg:"" help:"Where to, as 127.0.0.1:2575."`
	Timeout time.Duration `default:"30s" help:"How long to wait for each answer."`
}

// sentMessage is one message and its answer.
type sentMessage struct {
	ControlID string  `json:"control_id"`
	Answer    string  `json:"answer"`
	Text      string  `json:"text,omitempty"`
	Millis    float64 `json:"ms"`
}

// Run sends in order, one message at a time. The exit status is 1 if any was
// not accepted.
func (c hl7Send) Run(a *app) error {
	raw, err := readFile(c.File)
	if err != nil {
		return err
	}
	messages := hl7v2.Split(raw)
	if len(messages) == 0 {
		return fault.New(fault.Invalid, "hl7_no_message", "There is no HL7 message in it: a message begins with MSH.").At(c.File)
	}
	client := mllp.NewClient(mllp.ClientConfig{Name: "send", Address: c.Address, AnswerTimeout: c.Timeout})
	defer client.Close()
	answers := []sentMessage{}
	var refused bool
	for _, m := range messages {
		start := time.Now()
		frame, err := client.Send(a.ctx, m)
		if err != nil {
			return err
		}
		answer, err := mllp.ReadAnswer(frame)
		if err != nil {
			return err
		}
		refused = refused || !answer.Positive()
		answers = append(answers, sentMessage{answer.ControlID, answer.Code, answer.Text, float64(time.Since(start).Microseconds()) / 1000})
		if !a.JSON {
			x := answers[len(answers)-1]
			fmt.Fprintf(a.out, "%s %s in %.1f ms%s\n", x.ControlID, x.Answer, x.Millis, prefixed(": ", x.Text))
		}
	}
	if a.JSON {
		if err := a.printJSON(answers); err != nil {
			return err
		}
	}
	if refused {
		return errNo
	}
	return nil
}

func prefixed(prefix, s string) string {
	if s == "" {
		return ""
	}
	return prefix + s
}

// readFile reads a file, or standard input for "-".
func readFile(name string) ([]byte, error) {
	if name == "-" {
		return io.ReadAll(os.Stdin)
	}
	raw, err := os.ReadFile(name)
	if os.IsNotExist(err) {
		return nil, fault.New(fault.NotFound, "file_missing", "There is no such file.").At(name)
	}
	return raw, err
}
